package connectome

import (
	"bufio"
	"bytes"
	"io"
)

// pythonJSON reads JSON as Python's json.dump writes it, with NaN and Infinity
// outside strings, as JSON that has a string of the same length there: empty for
// NaN, which is what is not known, and "inf". Offsets stay what they were.
type pythonJSON struct {
	in      *bufio.Reader
	pending []byte // of a word under way
	// quoted is whether we are in a string, and escaped whether a \ was last.
	quoted, escaped bool
}

// pythonWords and what stands for them.
var pythonWords = []struct{ word, plain []byte }{
	{[]byte("NaN"), []byte(`"" `)},
	{[]byte("-Infinity"), []byte(`"-inf"   `)},
	{[]byte("Infinity"), []byte(`"inf"   `)},
}

const longestPythonWord = 9

func newPythonJSON(in io.Reader) *pythonJSON { return &pythonJSON{in: bufio.NewReaderSize(in, 1<<16)} }

// Read fills p with at least one byte.
func (r *pythonJSON) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.pending) > 0 {
		n = copy(p, r.pending)
		r.pending = r.pending[n:]
		return n, nil
	}
	// One word more than is handed out, to see it whole.
	want := min(len(p), r.in.Size()-longestPythonWord)
	ahead, err := r.in.Peek(want + longestPythonWord)
	if len(ahead) == 0 {
		return 0, err
	}
	for n < min(want, len(ahead)) {
		if plain := r.word(ahead[n:]); plain != nil {
			k := copy(p[n:want], plain)
			r.pending = plain[k:]
			_, err = r.in.Discard(n + len(plain))
			return n + k, err
		}
		p[n] = ahead[n]
		r.pass(ahead[n])
		n++
	}
	_, err = r.in.Discard(n)
	return n, err
}

// word returns what stands for a Python word that text begins with, nil if none.
func (r *pythonJSON) word(text []byte) []byte {
	if r.quoted || text[0] != 'N' && text[0] != 'I' && text[0] != '-' {
		return nil
	}
	for _, w := range pythonWords {
		if bytes.HasPrefix(text, w.word) {
			return w.plain
		}
	}
	return nil
}

// pass notices where strings begin and end.
func (r *pythonJSON) pass(b byte) {
	switch {
	case r.escaped:
		r.escaped = false
	case r.quoted && b == '\\':
		r.escaped = true
	case b == '"':
		r.quoted = !r.quoted
	}
}

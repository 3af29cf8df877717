package connectome

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is what an property of a neuron or an edge can mean to us.
type field int

const (
	fieldID field = iota
	fieldClass
	fieldLayer
	fieldSign
	fieldX
	fieldY
	fieldZ
	fieldDepth
	fieldObserved
	fieldFactor
	fieldSynapses
	fieldWeight
	fieldSize
)

// meaning is how a word is understood.
type meaning struct {
	field field
	// rank orders words for the same field: the lowest that is there counts.
	rank int
	// nanometres is the length of a coordinate's unit; 0 where it has none.
	nanometres float64
	// weak is for ids: a word that may as well be a caption.
	weak bool
}

// Words for neurons, by field, the preferred first. They are compared in lower
// case with _ for space, dot and dash. Those of ids that are marked weak count
// only where a file numbers its nodes, since then the numbers say nothing.
var (
	idWords     = []string{"root_id", "pt_root_id", "segment_id", "body_id", "bodyid", "neuron_id"}
	weakIDWords = []string{"id", "name", "label"}
	neuronWords = map[field][]string{
		fieldClass: classAliases, fieldLayer: layerAliases, fieldSign: signAliases, fieldObserved: observedAliases,
	}
	edgeWords = map[field][]string{
		fieldSynapses: countAliases, fieldWeight: weightAliases, fieldSize: sizeAliases,
	}
)

// plainWord is a word as the lists above have it.
func plainWord(word string) string {
	return strings.NewReplacer(" ", "_", "-", "_", ".", "_").Replace(strings.ToLower(strings.TrimSpace(word)))
}

func wordIn(lists map[field][]string, word string) (meaning, bool) {
	for f, list := range lists {
		if rank := slices.Index(list, word); rank >= 0 {
			return meaning{field: f, rank: rank}, true
		}
	}
	return meaning{}, false
}

var coordinateWord = regexp.MustCompile(`^(?:soma_|pos_|position_)?(x|y|z|depth)(?:_(um|µm|micron|microns|nm|mm|vx|voxel|voxels))?$`)

// neuronMeaning says what a word means for neurons; voxels are in nm.
func neuronMeaning(word string, voxels [3]float64) (meaning, bool) {
	if rank := slices.Index(idWords, word); rank >= 0 {
		return meaning{field: fieldID, rank: rank}, true
	}
	if rank := slices.Index(weakIDWords, word); rank >= 0 {
		return meaning{field: fieldID, rank: len(idWords) + rank, weak: true}, true
	}
	if parts := coordinateWord.FindStringSubmatch(word); parts != nil {
		axis := strings.Index("xyz", parts[1])
		m := meaning{field: fieldX + field(axis)}
		if axis < 0 {
			m.field = fieldDepth
		}
		switch parts[2] {
		case "um", "µm", "micron", "microns":
			m.nanometres = umInNM
		case "":
			m.rank = 1
		case "nm":
			m.rank, m.nanometres = 2, 1
		case "mm":
			m.rank, m.nanometres = 3, 1e6
		default:
			m.rank, m.nanometres = 4, voxels[max(axis, 0)]
			return m, axis >= 0
		}
		return m, true
	}
	return wordIn(neuronWords, word)
}

// umInNM is a µm in nm.
const umInNM = 1000

// inUM is a coordinate in µm; one that was, stays to the bit.
func (m meaning) inUM(x float64) float64 {
	if m.nanometres == umInNM {
		return x
	}
	return x * m.nanometres / umInNM
}

func edgeMeaning(word string) (meaning, bool) { return wordIn(edgeWords, word) }

// property is one named property of all neurons or of all edges.
type property struct {
	meaning
	name    string    // as the file has it
	numbers []float64 // NaN: not given
	texts   []string  // "": not given; of ids, classes and layers
	// fault is what is wrong with a value, if it matters in the end.
	fault error
}

func (a *property) text() bool { return a.field <= fieldLayer }

func (a *property) len() int { return max(len(a.numbers), len(a.texts)) }

// pad says that items up to the n-th were not given.
func (a *property) pad(n int) {
	for a.text() && len(a.texts) < n {
		a.texts = append(a.texts, "")
	}
	for !a.text() && len(a.numbers) < n {
		a.numbers = append(a.numbers, math.NaN())
	}
}

// properties are all properties of neurons or of edges, filled item by item.
type properties struct {
	of      string // "neuron" or "edge", for messages
	means   func(word string) (meaning, bool)
	fail    func(column string, err error) error // an error at the place being read
	byWord  map[string]*property
	byName  map[string]*property // nil: means nothing
	factors []*property
	count   int // items begun
	unread  map[string]bool
}

func newProperties(of string, means func(string) (meaning, bool), fail func(string, error) error) *properties {
	return &properties{of: of, means: means, fail: fail, byWord: map[string]*property{}, byName: map[string]*property{}, unread: map[string]bool{}}
}

// begin starts the next item; every factor must have been given to the last.
func (a *properties) begin() error {
	if err := a.complete(); err != nil {
		return err
	}
	a.count++
	return nil
}

func (a *properties) complete() error {
	for _, f := range a.factors {
		if f.len() != a.count {
			return a.fail(f.name, fmt.Errorf("%s %d has none, and a generating factor is needed of all", a.of, a.count-1))
		}
	}
	return nil
}

// property returns that of the name, nil for one that means nothing here.
func (a *properties) property(name string) (*property, error) {
	if at, seen := a.byName[name]; seen {
		return at, nil
	}
	at, err := a.newProperty(name)
	if err == nil {
		a.byName[name] = at
	}
	return at, err
}

func (a *properties) newProperty(name string) (*property, error) {
	word := plainWord(name)
	m, known := a.means(word)
	if strings.HasPrefix(name, factorPrefix) && a.of == "neuron" {
		word, m, known = name, meaning{field: fieldFactor}, true
	}
	if !known {
		a.unread[name] = true
		return nil, nil
	}
	at := a.byWord[word]
	switch {
	case at == nil && m.field == fieldFactor && a.count > 1:
		return nil, a.fail(name, fmt.Errorf("neuron 0 has none, and a generating factor is needed of all"))
	case at == nil:
		at = &property{meaning: m, name: name}
		a.byWord[word] = at
		if m.field == fieldFactor {
			a.factors = append(a.factors, at)
		}
	case at.name != name:
		return nil, a.fail(name, fmt.Errorf("%q means the same: keep one of them", at.name))
	}
	return at, nil
}

// set gives the item at hand a property. floating says that the file calls the
// value a floating-point number.
func (a *properties) set(name, value string, floating bool) error {
	at, err := a.property(name)
	if err != nil || at == nil {
		return err
	}
	if at.len() == a.count {
		return a.fail(name, fmt.Errorf("given twice to one %s", a.of))
	}
	at.pad(a.count - 1)
	if at.text() {
		text := value
		if floating || at.field == fieldID {
			text, err = integralText(value, floating)
		}
		if err != nil && at.fault == nil {
			at.fault = a.fail(name, err)
		}
		at.texts = append(at.texts, text)
		return nil
	}
	x, err := at.parse(value)
	if err != nil {
		return a.fail(name, err)
	}
	if x < 0 && (at.field == fieldWeight || at.field == fieldSize) && at.fault == nil {
		at.fault = a.fail(name, fmt.Errorf("%q is negative: give a magnitude here, and an effect as the neurons' sign", value))
	}
	at.numbers = append(at.numbers, x)
	return nil
}

// parse reads a number, a sign or a flag.
func (a *property) parse(value string) (float64, error) {
	field := strings.TrimSpace(value)
	switch strings.ToLower(field) {
	case "", "nan", "null":
		return math.NaN(), nil
	}
	switch a.field {
	case fieldSign:
		s, err := signOf(strings.TrimSuffix(field, ".0"))
		return float64(s), err
	case fieldObserved:
		return parseFlag(field)
	}
	x, err := strconv.ParseFloat(field, 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%q is not a finite number", value)
	}
	if a.field == fieldSynapses && !whole(x) {
		return 0, fmt.Errorf("%q is not a count", value)
	}
	return x, nil
}

func parseFlag(text string) (float64, error) {
	switch strings.ToLower(text) {
	case "1", "1.0", "true", "t":
		return 1, nil
	case "0", "0.0", "false", "f":
		return 0, nil
	}
	return 0, fmt.Errorf("%q is neither true nor false", text)
}

// setDefault fills in what was not given; items that come later are included,
// so it is the last thing done.
func (a *properties) setDefault(name, value string, floating bool) error {
	at, err := a.property(name)
	if err != nil || at == nil {
		return err
	}
	if at.field == fieldFactor {
		return a.fail(name, errors.New("a generating factor cannot have a default"))
	}
	at.pad(a.count)
	if at.text() {
		if floating {
			value, err = integralText(value, floating)
		}
		for i, text := range at.texts {
			if text == "" {
				at.texts[i] = value
			}
		}
		return err
	}
	x, err := at.parse(value)
	if err != nil {
		return a.fail(name, err)
	}
	for i, given := range at.numbers {
		if math.IsNaN(given) {
			at.numbers[i] = x
		}
	}
	return nil
}

// take returns the preferred property for a field, nil where there is none, and
// puts the others of the field among the unread.
func (a *properties) take(f field) (*property, error) {
	var best *property
	for _, at := range a.byWord {
		if at.field == f && (best == nil || cmp.Or(cmp.Compare(at.rank, best.rank), cmp.Compare(at.name, best.name)) < 0) {
			best = at
		}
	}
	for _, at := range a.byWord {
		if at.field == f && at != best {
			a.unread[at.name] = true
		}
	}
	if best == nil {
		return nil, nil
	}
	best.pad(a.count)
	return best, best.fault
}

// most is the largest integer below which a float64 holds every one.
const mostExact = 1 << 53

// integralText is an integer's plain text where the value is one that was
// written as a floating-point number, such as 5.0; other text stays. One that a
// float64 cannot hold has lost its last digits before it was written.
func integralText(value string, floating bool) (string, error) {
	if !floating {
		return value, nil
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || x != math.Trunc(x) {
		return value, nil
	}
	if math.Abs(x) > mostExact {
		return value, fmt.Errorf("%s was written as a floating-point number, which lost its last digits: write ids as strings", value)
	}
	return strconv.FormatInt(int64(x), 10), nil
}

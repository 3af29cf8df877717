package catalogue

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrArchive means that an archive is damaged, hostile, or not what was expected.
var ErrArchive = errors.New("the archive cannot be used")

// Bounds for members whose size the catalogue does not know, and for the archive
// itself (ours): text packs to a fiftieth at best, matrices of zeros to a
// hundredth, and a bomb to a thousandth.
const (
	mostRatio = 200
	mostBytes = 64 << 30
)

// unpackedBefore returns the members of a source where an earlier fetch left all of
// them, whole.
func (t *transfer) unpackedBefore(ctx context.Context, folder string) ([]Kept, bool) {
	var kept []Kept
	for _, m := range t.source.Members {
		if m.SHA256 == "" {
			return nil, false
		}
		got, err := sumFile(ctx, filepath.Join(folder, m.File), func(int64) {})
		if err != nil || got.sha256 != m.SHA256 {
			return nil, false
		}
		kept = append(kept, t.member(m, got))
	}
	return kept, len(kept) > 0
}

func (t *transfer) member(m Member, got sums) Kept {
	k := Kept{File: m.File, Size: got.size, SHA256: got.sha256, From: t.source.from() + "#" + m.Path, Checked: CheckedSHA256}
	if m.SHA256 == "" {
		k.Checked = "the archive's checksum"
	}
	return k
}

// unpack takes the members out of the source's archive, which is then deleted.
func (t *transfer) unpack(ctx context.Context, folder string) ([]Kept, error) {
	wanted := map[string]Member{}
	for _, m := range t.source.Members {
		wanted[m.Path] = m
	}
	found := map[string]bool{}
	take := func(path string, mode fs.FileMode, packed int64, content func() (io.ReadCloser, error)) error {
		if why := unsafePath(path); why != "" {
			return fmt.Errorf("catalogue: %s: %w: it holds %q, %s: refused whole", t.source.from(), ErrArchive, path, why)
		}
		m, yes := wanted[path]
		switch {
		case !yes:
			return nil
		case !mode.IsRegular():
			return fmt.Errorf("catalogue: %s: %w: %q is a link or another special file: refused", t.source.from(), ErrArchive, path)
		case found[path]:
			return fmt.Errorf("catalogue: %s: %w: %q is there twice: refused", t.source.from(), ErrArchive, path)
		}
		found[path] = true
		return t.copyMember(ctx, m, packed, folder, content)
	}
	walk := walkZip
	if name := t.source.File; strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz") {
		walk = walkTarGz
	}
	if err := walk(ctx, t.path, take); err != nil {
		if !errors.Is(err, ErrArchive) && !errors.Is(err, errWrite) && !errors.Is(err, ErrDiskFull) && ctx.Err() == nil {
			err = fmt.Errorf("catalogue: %s: %w: %w", t.source.from(), ErrArchive, err)
		}
		return nil, err
	}
	var kept []Kept
	for _, m := range t.source.Members {
		if !found[m.Path] {
			return nil, fmt.Errorf("catalogue: %s: %w: it does not hold %q", t.source.from(), ErrArchive, m.Path)
		}
		got, err := sumFile(ctx, filepath.Join(folder, m.File), func(int64) {})
		if err != nil {
			return nil, err
		}
		if m.SHA256 != "" && got.sha256 != m.SHA256 {
			return nil, errors.Join(fmt.Errorf("catalogue: %s: %w: SHA-256 of %q is %s, the catalogue says %s", t.source.from(), ErrChecksum, m.Path, got.sha256, m.SHA256),
				os.Remove(filepath.Join(folder, m.File)))
		}
		kept = append(kept, t.member(m, got))
	}
	if err := os.Remove(t.path); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return kept, nil
}

// visit is told of each file in an archive; packed is its size there, 0 where the
// archive does not say.
type visit func(path string, mode fs.FileMode, packed int64, content func() (io.ReadCloser, error)) error

func walkZip(ctx context.Context, path string, to visit) error {
	r, err := zip.OpenReader(path)
	if r == nil {
		return err
	}
	defer r.Close() // an err about insecure names comes with a reader: visit refuses them in our words
	for _, f := range r.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.FileInfo().IsDir() && unsafePath(f.Name) == "" {
			continue
		}
		if err := to(f.Name, f.Mode(), int64(f.CompressedSize64), f.Open); err != nil {
			return err
		}
	}
	return nil
}

func walkTarGz(ctx context.Context, path string, to visit) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	defer z.Close()
	all := &bounded{ctx: ctx, from: z, left: min(mostRatio*max(info.Size(), 1<<10), mostBytes)}
	r := tar.NewReader(all)
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, all) // gzip's own checksum comes last
			return err
		}
		if header == nil || err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
		if header.Typeflag == tar.TypeDir && unsafePath(header.Name) == "" {
			continue
		}
		mode := header.FileInfo().Mode()
		if header.Typeflag == tar.TypeLink { // a hard link looks regular
			mode |= fs.ModeIrregular
		}
		if err := to(header.Name, mode, 0, func() (io.ReadCloser, error) { return io.NopCloser(r), nil }); err != nil {
			return err
		}
	}
}

// bounded reads at most left bytes, and then calls the archive a bomb.
type bounded struct {
	ctx  context.Context
	from io.Reader
	left int64
	what string
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("it unpacks to more than it may%s: a bomb, or another file than the catalogue's", b.what)
	}
	return n, err
}

// copyMember writes one member to its file in the folder, through a part.
func (t *transfer) copyMember(ctx context.Context, m Member, packed int64, folder string, content func() (io.ReadCloser, error)) error {
	limit := int64(mostBytes)
	if packed > 0 {
		limit = min(limit, mostRatio*max(packed, 1<<10))
	}
	if m.Size > 0 {
		limit = m.Size
	}
	if err := t.room(folder, m.Size); err != nil {
		return err
	}
	in, err := content()
	if err != nil {
		return err
	}
	defer in.Close()
	path := filepath.Join(folder, m.File)
	out, err := t.system().open(path + partSuffix)
	if err != nil {
		return t.diskFault(err, m.Size)
	}
	tell := report(t.Progress, m.File, Unpacking, m.Size)
	n, err := io.Copy(&diskWriter{t: t, to: out, tell: tell, of: m.Size}, &bounded{ctx: ctx, from: in, left: limit, what: fmt.Sprintf(": %q has more than %d bytes", m.Path, limit)})
	if err == nil && m.Size > 0 && n != m.Size {
		err = fmt.Errorf("catalogue: %s: %w: %q has %d bytes, the catalogue says %d", t.source.from(), ErrArchive, m.Path, n, m.Size)
	}
	if err == nil {
		err = out.Truncate(n) // an earlier part may have been longer
	}
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(path+partSuffix))
	}
	if err := os.Rename(path+partSuffix, path); err != nil {
		return t.diskFault(err, 0)
	}
	return nil
}

// diskWriter words faults of the disk, so that they are told from those of an archive.
type diskWriter struct {
	t        *transfer
	to       io.Writer
	tell     func(int64)
	done, of int64
}

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.done += int64(n)
	w.tell(w.done)
	if err != nil {
		return n, w.t.diskFault(err, w.of-w.done)
	}
	return n, nil
}

package connectome

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	spec "github.com/parquet-go/parquet-go/format"
)

// pageGuard walks over the pages of a column before they are decoded. A page of
// a few bytes can claim to unpack to gigabytes, or to repeat a value 2³¹ times,
// and the parquet library allocates what is claimed. The guard unpacks pages
// within bounds, adds up the runs, and refuses what is out of proportion to the
// file.
type pageGuard struct {
	table *parquetTable
	leaf  *parquet.Column
	plain []byte // room for an unpacked page
	zstd  *zstd.Decoder
}

func newPageGuard(t *parquetTable, leaf *parquet.Column) *pageGuard {
	return &pageGuard{table: t, leaf: leaf}
}

// A page may unpack to so many bytes.
const (
	unpackedAlways  = 1 << 22
	unpackedPerByte = 1 << 10
)

// check walks over the column's pages in a row group.
func (g *pageGuard) check(group int) error {
	groups := g.table.footer.Metadata().RowGroups
	columns := groups[group].Columns
	if g.leaf.Index() >= len(columns) {
		return fmt.Errorf("row group %d has no such column", group)
	}
	meta := &columns[g.leaf.Index()].MetaData
	switch meta.Codec {
	case spec.Uncompressed, spec.Snappy, spec.Gzip, spec.Brotli, spec.Zstd:
	default:
		return fmt.Errorf("compression %s is not read: write the table with zstd or snappy, such as df.to_parquet(path, compression=\"zstd\")", meta.Codec)
	}
	at := meta.DataPageOffset
	if meta.DictionaryPageOffset != 0 {
		at = meta.DictionaryPageOffset
	}
	end := at + meta.TotalCompressedSize
	if at < 4 || meta.TotalCompressedSize < 0 || end < at || end > g.table.size-8 {
		return fmt.Errorf("row group %d claims bytes %d to %d of %d", group, at, end, g.table.size)
	}
	limit := groups[group].NumRows
	if g.leaf.MaxRepetitionLevel() > 0 { // lists: of a few values each
		limit = rowsAlways + 64*limit
	}
	values := int64(0)
	for page := 0; at < end; page++ {
		header, length, err := g.header(at, end)
		if err != nil {
			return fmt.Errorf("row group %d, page %d: %w", group, page, err)
		}
		at += length
		if size := int64(header.CompressedPageSize); size > end-at {
			return fmt.Errorf("row group %d, page %d claims %d bytes of %d", group, page, size, end-at)
		}
		n, err := g.page(meta.Codec, header, at)
		if values += n; err == nil && values > limit {
			err = fmt.Errorf("more values than there are rows, %d", groups[group].NumRows)
		}
		if err != nil {
			return fmt.Errorf("row group %d, page %d: %w", group, page, err)
		}
		at += int64(header.CompressedPageSize)
	}
	return nil
}

// header decodes the page header at a place and says how long it is.
func (g *pageGuard) header(at, end int64) (*spec.PageHeader, int64, error) {
	for _, most := range []int64{1 << 10, 1 << 20} {
		head := make([]byte, min(most, end-at))
		if _, err := g.table.file.ReadAt(head, at); err != nil {
			return nil, 0, err
		}
		header := new(spec.PageHeader)
		protocol := thrift.CompactProtocol{}
		reader := protocol.NewReaderFromBytes(head)
		err := thrift.NewDecoder(reader).Decode(header)
		switch {
		case err == nil && header.CompressedPageSize >= 0 && header.UncompressedPageSize >= 0:
			return header, int64(reader.BytesRead()), nil
		case err == nil:
			return nil, 0, errors.New("it claims a negative size")
		case most < end-at && errors.Is(err, io.ErrUnexpectedEOF):
			continue // long statistics
		default:
			return nil, 0, fmt.Errorf("its header cannot be read: %w", err)
		}
	}
	return nil, 0, errors.New("its header is too long")
}

// page checks one page, whose body is at a place, and returns its number of
// values; 0 for a dictionary.
func (g *pageGuard) page(codec spec.CompressionCodec, h *spec.PageHeader, at int64) (int64, error) {
	if size := int64(h.UncompressedPageSize); size > unpackedAlways+unpackedPerByte*int64(h.CompressedPageSize) {
		return 0, fmt.Errorf("it claims to unpack from %d to %d bytes", h.CompressedPageSize, size)
	}
	body := make([]byte, h.CompressedPageSize)
	if _, err := g.table.file.ReadAt(body, at); err != nil {
		return 0, err
	}
	switch {
	case h.Type == spec.DictionaryPage && h.DictionaryPageHeader.Valid:
		plain, err := g.unpack(codec, body, int(h.UncompressedPageSize))
		if n := h.DictionaryPageHeader.V.NumValues; err == nil && (n < 0 || int(n) > 8*len(plain)) {
			err = fmt.Errorf("a dictionary of %d bytes claims %d values", len(plain), n)
		}
		return 0, err
	case h.Type == spec.DataPage && h.DataPageHeader.Valid:
		n := int64(h.DataPageHeader.V.NumValues)
		plain, err := g.unpack(codec, body, int(h.UncompressedPageSize))
		if err != nil {
			return n, err
		}
		for _, most := range []int{g.leaf.MaxRepetitionLevel(), g.leaf.MaxDefinitionLevel()} {
			if most == 0 {
				continue
			}
			if len(plain) < 4 || int64(binary.LittleEndian.Uint32(plain)) > int64(len(plain)-4) {
				return n, errors.New("its levels are cut short")
			}
			length := 4 + int(binary.LittleEndian.Uint32(plain))
			if err := runs(plain[4:length], width(most), n); err != nil {
				return n, err
			}
			plain = plain[length:]
		}
		return n, g.data(h.DataPageHeader.V.Encoding, plain, n)
	case h.Type == spec.DataPageV2 && h.DataPageHeaderV2.Valid:
		return g.second(codec, h, body)
	}
	return 0, fmt.Errorf("pages of type %s are not read", h.Type)
}

// second checks a data page of version 2, whose levels are not compressed.
func (g *pageGuard) second(codec spec.CompressionCodec, h *spec.PageHeader, body []byte) (int64, error) {
	v := h.DataPageHeaderV2.V
	n := int64(v.NumValues)
	for _, level := range []struct{ bytes, most int }{
		{int(v.RepetitionLevelsByteLength), g.leaf.MaxRepetitionLevel()}, {int(v.DefinitionLevelsByteLength), g.leaf.MaxDefinitionLevel()},
	} {
		if level.bytes < 0 || level.bytes > len(body) {
			return n, errors.New("its levels are cut short")
		}
		if level.most > 0 {
			if err := runs(body[:level.bytes], width(level.most), n); err != nil {
				return n, err
			}
		}
		body = body[level.bytes:]
	}
	levels := int(v.RepetitionLevelsByteLength) + int(v.DefinitionLevelsByteLength)
	if v.IsCompressed.Valid && !v.IsCompressed.V {
		codec = spec.Uncompressed
	}
	plain, err := g.unpack(codec, body, int(h.UncompressedPageSize)-levels)
	if err != nil {
		return n, err
	}
	return n, g.data(v.Encoding, plain, n)
}

// width is the number of bits that hold levels up to most.
func width(most int) int {
	bits := 0
	for ; most > 0; most >>= 1 {
		bits++
	}
	return bits
}

// data checks how many values an encoded body unfolds to.
func (g *pageGuard) data(e spec.Encoding, plain []byte, n int64) error {
	switch e {
	case spec.Plain, spec.ByteStreamSplit:
		return nil // as long as its bytes
	//lint:ignore SA1019 old files have it, and they are read too
	case spec.PlainDictionary, spec.RLEDictionary:
		if len(plain) == 0 {
			return nil
		}
		if plain[0] > 32 {
			return fmt.Errorf("dictionary indices of %d bits", plain[0])
		}
		return runs(plain[1:], int(plain[0]), n)
	case spec.RLE: // of booleans
		if len(plain) < 4 {
			return errors.New("it is cut short")
		}
		return runs(plain[4:], 1, n)
	case spec.DeltaBinaryPacked, spec.DeltaLengthByteArray:
		return deltas(plain, n)
	}
	return fmt.Errorf("encoding %s is not read: write the table with the defaults of pyarrow or pandas", e)
}

// runs adds up the runs of the hybrid of run lengths and bit packing, and
// refuses more than n values (and those that fill up the last eight).
func runs(data []byte, bits int, n int64) error {
	sum := int64(0)
	for len(data) > 0 {
		u, length := binary.Uvarint(data)
		if length <= 0 {
			return errors.New("a run has no length")
		}
		data = data[length:]
		count, size := int64(u>>1), int64(bits+7)/8
		if u&1 != 0 {
			if count > n/8+1 {
				return fmt.Errorf("a run of %d values in a page of %d", 8*count, n)
			}
			count, size = 8*count, count*int64(bits)
		}
		if count < 0 || count > n+8 {
			return fmt.Errorf("a run of %d values in a page of %d", count, n)
		}
		if sum += count; sum > n+8 {
			return fmt.Errorf("runs of more than the page's %d values", n)
		}
		if size > int64(len(data)) {
			// Writers may leave out the padding of the last packed run.
			return nil
		}
		data = data[size:]
	}
	return nil
}

// deltas checks the head of delta-coded integers.
func deltas(data []byte, n int64) error {
	var head [3]uint64 // values a block, parts of a block, values
	for k := range head {
		u, length := binary.Uvarint(data)
		if length <= 0 {
			return errors.New("it is cut short")
		}
		head[k], data = u, data[length:]
	}
	if head[2] > uint64(n) {
		return fmt.Errorf("%d values in a page of %d", head[2], n)
	}
	if head[0] > 1<<16 || head[0]%128 != 0 || head[1] == 0 || head[1] > 1<<10 || head[0]%head[1] != 0 || head[0]/head[1]%32 != 0 {
		return fmt.Errorf("blocks of %d values in %d parts", head[0], head[1])
	}
	return nil
}

// unpack decompresses a body that should be of a size; the result is good until
// the next call.
func (g *pageGuard) unpack(codec spec.CompressionCodec, body []byte, size int) ([]byte, error) {
	if len(body) == 0 && size == 0 {
		return nil, nil // every value is null
	}
	var r io.Reader
	var err error
	switch codec {
	case spec.Uncompressed:
		if len(body) != size {
			return nil, fmt.Errorf("%d bytes, not %d", len(body), size)
		}
		return body, nil
	case spec.Snappy:
		claimed, length := binary.Uvarint(body)
		if length <= 0 || claimed != uint64(max(0, size)) {
			return nil, fmt.Errorf("it unpacks to %d bytes, not %d", claimed, size)
		}
		g.room(size)
		return parquet.Snappy.Decode(g.plain[:size], body)
	case spec.Gzip:
		r, err = gzip.NewReader(bytes.NewReader(body))
	case spec.Brotli:
		r = brotli.NewReader(bytes.NewReader(body))
	case spec.Zstd:
		r, err = g.unzstd(body)
	}
	if err != nil {
		return nil, err
	}
	g.room(max(0, size) + 1)
	n, err := io.ReadFull(r, g.plain[:max(0, size)+1])
	switch {
	case err == nil || n != size:
		return nil, fmt.Errorf("it does not unpack to %d bytes", size)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return g.plain[:n], nil
	}
	return nil, err
}

// room makes room for an unpacked page.
func (g *pageGuard) room(size int) {
	if cap(g.plain) < size {
		g.plain = make([]byte, size)
	}
}

func (g *pageGuard) unzstd(body []byte) (io.Reader, error) {
	if g.zstd == nil {
		var err error
		g.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(1<<27))
		if err != nil {
			return nil, err
		}
	}
	return g.zstd, g.zstd.Reset(bytes.NewReader(body))
}

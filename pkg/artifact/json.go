package artifact

import (
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// nanMarshalers and nanUnmarshalers carry NaN through JSON as null: in this
// project an undefined number is NaN, and JSON has no other word for it.
var (
	nanMarshalers = json.MarshalToFunc(func(out *jsontext.Encoder, x float64) error {
		if math.IsNaN(x) {
			return out.WriteToken(jsontext.Null)
		}
		return errors.ErrUnsupported
	})
	nanUnmarshalers = json.UnmarshalFromFunc(func(in *jsontext.Decoder, x *float64) error {
		if in.PeekKind() != 'n' {
			return errors.ErrUnsupported
		}
		*x = math.NaN()
		_, err := in.ReadToken()
		return err
	})
)

// Marshal encodes v as indented JSON with sorted map keys. NaN becomes null; an
// infinity is an error. Field names come from `json` tags. A number that may be
// undefined must not be tagged omitempty, which leaves a null out, so that it
// would come back as 0.
func Marshal(v any) ([]byte, error) {
	data, err := json.Marshal(v, json.WithMarshalers(nanMarshalers), json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		return nil, fmt.Errorf("artifact: encode %T: %w", v, err)
	}
	return append(data, '\n'), nil
}

// Unmarshal decodes what Marshal encoded; null becomes NaN where a float64 is
// expected. A field that v does not have is an error, since it means that v is
// not what was stored.
func Unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v, json.WithUnmarshalers(nanUnmarshalers), json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("artifact: decode %T: %w", v, err)
	}
	return nil
}

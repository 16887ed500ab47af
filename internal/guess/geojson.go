package guess

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// feature is a GeoJSON Feature (RFC 7946 §3.2) whose parts are still text.
type feature struct {
	Type       string          `json:"type"`
	ID         json.RawMessage `json:"id"`
	Properties json.RawMessage `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// readCollection takes the features of a FeatureCollection.
func (s *Sample) readCollection(in io.Reader) error {
	d := json.NewDecoder(in)
	if err := toFeatures(d); err != nil {
		return err
	}
	for d.More() {
		var f feature
		if err := d.Decode(&f); err != nil {
			if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); !wrongType {
				return fmt.Errorf("feature %d: %w", s.Records+1, err)
			}
		}
		if err := s.record(); err != nil {
			return err
		}
		s.feature(&f)
	}
	if _, err := d.Token(); errors.Is(err, io.EOF) {
		return fmt.Errorf("the file ends behind feature %d, inside the collection", s.Records)
	} else if err != nil {
		return fmt.Errorf("behind feature %d: %w", s.Records, err)
	}
	return nil
}

// toFeatures reads up to the first feature.
func toFeatures(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key == "features" {
			start, err := d.Token()
			if err != nil {
				return err
			}
			if start != json.Delim('[') {
				return errors.New(`the member "features" is no array`)
			}
			return nil
		}
		var other json.RawMessage
		if err := d.Decode(&other); err != nil {
			return fmt.Errorf("member %v: %w", key, err)
		}
	}
	return errors.New(`there is no member "features": this is no FeatureCollection`)
}

// maxLine is the most bytes of one line.
const maxLine = 16 << 20

// readLines takes one feature a line, or those of a text sequence.
func (s *Sample) readLines(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	var last []byte // a line is taken once the next has come: the look may have cut off the last one
	for lines.Scan() {
		line := bytes.Trim(lines.Bytes(), "\x1e \t\r")
		if len(line) == 0 {
			continue
		}
		if last != nil {
			if err := s.line(last); err != nil {
				return err
			}
		}
		last = append(last[:0], line...)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("behind feature %d: %w", s.Records, err)
	}
	if b, cut := in.(*bounded); last == nil || cut && b.left == 0 {
		return nil
	}
	return s.line(last)
}

// line takes one line.
func (s *Sample) line(text []byte) error {
	if err := s.record(); err != nil {
		return err
	}
	var f feature
	if err := json.Unmarshal(text, &f); err != nil {
		s.Broken++
		return nil
	}
	s.feature(&f)
	return nil
}

// feature takes one feature.
func (s *Sample) feature(f *feature) {
	if f.Type != "Feature" {
		s.Broken++
		return
	}
	s.Geometry.add(f.Geometry)
	if len(f.ID) > 0 {
		if s.ID == nil {
			s.ID = newField("$id")
		}
		addRaw(s.ID, f.ID)
	}
	d := json.NewDecoder(bytes.NewReader(f.Properties))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return // null, which is allowed
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return
		}
		name, ok := key.(string)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil || !ok {
			return
		}
		if to := s.field(name); to != nil {
			addRaw(to, raw)
		}
	}
}

// addRaw takes a JSON value.
func addRaw(to *Field, raw json.RawMessage) {
	switch raw[0] {
	case 'n':
	case '{', '[':
		to.add(cell{nested: true})
	case '"':
		if !utf8.Valid(raw) { // else it would be replaced
			to.NotUTF8++
			return
		}
		var text string
		if json.Unmarshal(raw, &text) == nil {
			to.add(cell{text: text, quoted: true})
		}
	default:
		to.add(cell{text: string(raw)})
	}
}

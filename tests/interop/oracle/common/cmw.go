package oracle

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

// Description is a CMW in JSON, what cmw-encode reads and cmw-decode prints: a
// record has type and value, a collection has items.
type Description struct {
	Form           string  `json:"form,omitempty"` // printed only: how it was encoded
	Type           any     `json:"type,omitempty"` // media type, or number of a CoAP Content-Format
	Value          Bytes   `json:"value,omitempty"`
	Indicator      uint    `json:"ind,omitempty"`
	CollectionType string  `json:"cmwc_t,omitempty"`
	Items          []Entry `json:"items,omitempty"`
}

// Entry is a member of a collection; its key is text or an integer.
type Entry struct {
	Key any `json:"key"`
	Description
}

// Bytes is a byte string, hex in JSON.
type Bytes []byte

func (b Bytes) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(b)) }

func (b *Bytes) UnmarshalJSON(text []byte) error {
	var digits string
	if err := json.Unmarshal(text, &digits); err != nil {
		return err
	}
	decoded, err := hex.DecodeString(digits)
	*b = decoded
	return err
}

// LoadDescription reads a description file.
func LoadDescription(path string) (Description, error) {
	var description Description
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &description)
	}
	return description, err
}

// ContentFormat is the number in a description whose type is a number.
func (d Description) ContentFormat() (number uint16, isNumber bool, err error) {
	value, isNumber := d.Type.(float64)
	if isNumber && value != float64(uint16(value)) {
		return 0, true, fmt.Errorf("no Content-Format: %v", value)
	}
	return uint16(value), isNumber, nil
}

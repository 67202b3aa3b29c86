// The 2026 generation: CCA tokens under CBOR tag 907 (399 is still read), CMW
// with collections. The CMW library has no signing of its own, so cmw-sign and
// cmw-verify put it together with the COSE library as the CMW draft says.
package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	oracle "assay.test/oracle/common"
	"github.com/veraison/cmw"
	"github.com/veraison/corim/corim"
	"github.com/veraison/go-cose"
)

const signedContentType = "application/cmw+cbor"

func main() {
	oracle.Main(map[string]oracle.Command{
		"cmw-decode":         {Args: "FILE", Run: cmwDecode},
		"cmw-encode":         {Args: "DESCRIPTION FORM OUT", Run: cmwEncode},
		"cmw-sign":           {Args: "FILE KEY ALG OUT", Run: cmwSign},
		"cmw-verify":         {Args: "FILE KEY", Run: cmwVerify},
		"corim-sign-x5chain": {Args: "FILE KEY LEAF INTERMEDIATES OUT", Run: corimSignX5Chain},
	})
}

func cmwDecode(in oracle.Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	return decode(encoded)
}

func cmwEncode(in oracle.Input) (any, error) {
	description, err := oracle.LoadDescription(in.Args[0])
	if err != nil {
		return nil, err
	}
	form := in.Args[1]
	message, err := build(description, form)
	if err != nil {
		return nil, err
	}
	var encoded []byte
	switch form {
	case "json":
		encoded, err = message.MarshalJSON()
	case "cbor", "tag":
		encoded, err = message.MarshalCBOR()
	default:
		err = fmt.Errorf("unknown form %q: json, cbor or tag", form)
	}
	if err != nil {
		return nil, err
	}
	return oracle.WriteOutput(in.Args[2], encoded)
}

func cmwSign(in oracle.Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	if _, err = decode(encoded); err != nil {
		return nil, err
	}
	signer, err := oracle.LoadSigner(in.Args[1], in.Args[2])
	if err != nil {
		return nil, err
	}
	headers := cose.Headers{Protected: cose.ProtectedHeader{cose.HeaderLabelContentType: signedContentType}}
	headers.Protected.SetAlgorithm(signer.Algorithm())
	message, err := cose.Sign1(rand.Reader, signer, headers, encoded, nil)
	if err != nil {
		return nil, err
	}
	return oracle.WriteOutput(in.Args[3], message)
}

func cmwVerify(in oracle.Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	var message cose.Sign1Message
	if err = message.UnmarshalCBOR(encoded); err != nil {
		return nil, err
	}
	if contentType := message.Headers.Protected[cose.HeaderLabelContentType]; contentType != signedContentType {
		return nil, fmt.Errorf("unexpected content type: %v", contentType)
	}
	if err = oracle.VerifySign1(&message, in.Args[1], nil); err != nil {
		return nil, err
	}
	return decode(message.Payload)
}

// corimSignX5Chain signs a CoRIM and puts the signer's certificates (DER, one
// behind the other) into the header: the older library has no such thing.
func corimSignX5Chain(in oracle.Input) (any, error) {
	var contents [4][]byte
	for i, path := range in.Args[:4] {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		contents[i] = content
	}
	var message corim.SignedCorim
	if err := message.UnsignedCorim.FromCBOR(contents[0]); err != nil {
		return nil, err
	}
	message.Meta.SetSigner("the reference library", nil)
	if err := message.AddSigningCert(contents[2]); err != nil {
		return nil, err
	}
	if len(contents[3]) > 0 {
		if err := message.AddIntermediateCerts(contents[3]); err != nil {
			return nil, err
		}
	}
	signer, err := oracle.LoadSigner(in.Args[1], "")
	if err != nil {
		return nil, err
	}
	signed, err := message.Sign(signer)
	if err != nil {
		return nil, err
	}
	return oracle.WriteOutput(in.Args[4], signed)
}

func decode(encoded []byte) (oracle.Description, error) {
	var message cmw.CMW
	if err := message.Deserialize(encoded); err != nil {
		return oracle.Description{}, err
	}
	return describe(&message)
}

func describe(message *cmw.CMW) (oracle.Description, error) {
	description := oracle.Description{Form: message.GetFormat().String()}
	if message.GetKind() == cmw.KindMonad {
		description.Type, _ = message.GetMonadType()
		value, _ := message.GetMonadValue()
		indicator, _ := message.GetMonadIndicator()
		description.Value, description.Indicator = value, uint(indicator)
		return description, nil
	}
	description.CollectionType, _ = message.GetCollectionType()
	members, err := message.GetCollectionMeta()
	if err != nil {
		return description, err
	}
	if len(members) == 0 { // the library's ValidateCollection calls every record an empty collection
		return description, errors.New("empty CMW collection")
	}
	for _, member := range members {
		item, err := message.GetCollectionItem(member.Key)
		if err != nil {
			return description, err
		}
		inner, err := describe(item)
		if err != nil {
			return description, err
		}
		description.Items = append(description.Items, oracle.Entry{Key: member.Key, Description: inner})
	}
	return description, nil
}

func build(description oracle.Description, form string) (*cmw.CMW, error) {
	if description.Items == nil {
		return buildRecord(description, form)
	}
	collection, err := cmw.NewCollection(description.CollectionType)
	if err != nil {
		return nil, err
	}
	for _, entry := range description.Items {
		item, err := build(entry.Description, form)
		if err != nil {
			return nil, err
		}
		key := entry.Key
		if number, isNumber := key.(float64); isNumber {
			key = uint64(number)
		}
		if err = collection.AddCollectionItem(key, item); err != nil {
			return nil, err
		}
	}
	return collection, nil
}

func buildRecord(description oracle.Description, form string) (*cmw.CMW, error) {
	contentFormat, isNumber, err := description.ContentFormat()
	if err != nil {
		return nil, err
	}
	kind := description.Type
	if isNumber {
		kind = contentFormat
	}
	record, err := cmw.NewMonad(kind, description.Value, cmw.Indicator(description.Indicator))
	if err == nil && form == "tag" {
		record.UseCBORTagFormat()
	}
	return record, err
}

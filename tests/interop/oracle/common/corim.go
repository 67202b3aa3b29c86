package oracle

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/veraison/corim/comid"
	"github.com/veraison/corim/corim"
)

// Both generations have one interface here; what they read and write excludes each other.
var corimCommands = map[string]Command{
	"comid-compile": {Args: "TEMPLATE OUT", Run: comidCompile},
	"comid-decode":  {Args: "FILE", Run: comidDecode},
	"corim-decode":  {Args: "FILE", Run: corimDecode},
	"corim-sign":    {Args: "FILE KEY OUT", Run: corimSign},
	"corim-verify":  {Args: "FILE KEY", Run: corimVerify},
}

func comidCompile(in Input) (any, error) {
	template, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	tag := comid.NewComid()
	if err = tag.FromJSON(template); err != nil {
		return nil, err
	}
	if err = tag.Valid(); err != nil {
		return nil, err
	}
	encoded, err := tag.ToCBOR()
	if err != nil {
		return nil, err
	}
	return WriteOutput(in.Args[1], encoded)
}

func comidDecode(in Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	tag := comid.NewComid()
	if err = tag.FromCBOR(encoded); err != nil {
		return nil, err
	}
	if err = tag.Valid(); err != nil {
		return nil, err
	}
	shown, err := tag.ToJSON()
	return json.RawMessage(shown), err
}

func corimDecode(in Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	manifest := corim.NewUnsignedCorim()
	if err = manifest.FromCBOR(encoded); err != nil {
		return nil, err
	}
	if err = manifest.Valid(); err != nil {
		return nil, err
	}
	return map[string]any{"tags": len(manifest.Tags)}, nil
}

func corimSign(in Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(in.Args[1])
	if err != nil {
		return nil, err
	}
	var message corim.SignedCorim
	if err = message.UnsignedCorim.FromCBOR(encoded); err != nil {
		return nil, err
	}
	message.Meta.SetSigner("the reference library", nil)
	signer, err := corim.NewSignerFromJWK(key)
	if err != nil {
		return nil, err
	}
	signed, err := message.Sign(signer)
	if err != nil {
		return nil, err
	}
	return WriteOutput(in.Args[2], signed)
}

func corimVerify(in Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	key, err := loadPublicKey(in.Args[1])
	if err != nil {
		return nil, err
	}
	var message corim.SignedCorim
	if err = message.FromCOSE(encoded); err != nil {
		return nil, err
	}
	if err = message.Verify(key); err != nil {
		return nil, err
	}
	return map[string]any{"signer": fmt.Sprint(message.Meta.Signer.Name), "tags": len(message.UnsignedCorim.Tags)}, nil
}

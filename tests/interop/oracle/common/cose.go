package oracle

import (
	"crypto/rand"
	"encoding/hex"
	"os"

	"github.com/veraison/go-cose"
)

var coseCommands = map[string]Command{
	"cose-verify": {Args: "FILE KEY", Options: []string{"external-aad"}, Run: coseVerify},
	"cose-sign":   {Args: "PAYLOAD KEY ALG OUT", Options: []string{"external-aad", "content-type", "kid"}, Run: coseSign},
}

// VerifySign1 verifies a message that is already parsed with the key of a file.
func VerifySign1(message *cose.Sign1Message, keyPath string, externalAad []byte) error {
	algorithm, err := message.Headers.Protected.Algorithm()
	if err != nil {
		return err
	}
	public, err := loadPublicKey(keyPath)
	if err != nil {
		return err
	}
	verifier, err := cose.NewVerifier(algorithm, public)
	if err != nil {
		return err
	}
	return message.Verify(externalAad, verifier)
}

func coseVerify(in Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	externalAad, err := in.Hex("external-aad")
	if err != nil {
		return nil, err
	}
	var message cose.Sign1Message
	if err = message.UnmarshalCBOR(encoded); err != nil {
		return nil, err
	}
	if err = VerifySign1(&message, in.Args[1], externalAad); err != nil {
		return nil, err
	}
	result := map[string]any{
		"protected": hex.EncodeToString(message.Headers.RawProtected), // with the head of its bstr
		"payload":   hex.EncodeToString(message.Payload),
	}
	if algorithm, err := message.Headers.Protected.Algorithm(); err == nil {
		result["alg"] = algorithm.String()
	}
	if contentType, present := message.Headers.Protected[cose.HeaderLabelContentType]; present {
		result["content-type"] = contentType
	}
	return result, nil
}

func coseSign(in Input) (any, error) {
	payload, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	signer, err := LoadSigner(in.Args[1], in.Args[2])
	if err != nil {
		return nil, err
	}
	externalAad, err := in.Hex("external-aad")
	if err != nil {
		return nil, err
	}
	kid, err := in.Hex("kid")
	if err != nil {
		return nil, err
	}
	headers := cose.Headers{Protected: cose.ProtectedHeader{}, Unprotected: cose.UnprotectedHeader{}}
	headers.Protected.SetAlgorithm(signer.Algorithm())
	if contentType, given := in.Options["content-type"]; given {
		headers.Protected[cose.HeaderLabelContentType] = contentType
	}
	if kid != nil {
		headers.Unprotected[cose.HeaderLabelKeyID] = kid
	}
	message, err := cose.Sign1(rand.Reader, signer, headers, payload, externalAad)
	if err != nil {
		return nil, err
	}
	return WriteOutput(in.Args[3], message)
}

package oracle

import (
	"encoding/json"
	"os"

	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/veraison/ear"
)

var earCommands = map[string]Command{
	"ear-verify": {Args: "FILE KEY ALG", Run: earVerify},
	"ear-create": {Args: "CLAIMS KEY ALG OUT", Run: earCreate},
}

// earVerify checks signature, times and structure; the library checks profile
// and nonce only when it writes the claims again, so both happen here.
func earVerify(in Input) (any, error) {
	token, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	key, err := loadKey(in.Args[1])
	if err != nil {
		return nil, err
	}
	if key, err = key.PublicKey(); err != nil {
		return nil, err
	}
	return earClaims(token, in.Args[2], key)
}

func earClaims(token []byte, algorithmName string, key jwk.Key) (any, error) {
	algorithm, err := joseAlgorithm(algorithmName)
	if err != nil {
		return nil, err
	}
	var result ear.AttestationResult
	if err = result.Verify(token, algorithm, key); err != nil {
		return nil, err
	}
	text, err := result.MarshalJSON()
	return json.RawMessage(text), err
}

func earCreate(in Input) (any, error) {
	text, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	var result ear.AttestationResult
	if err = json.Unmarshal(text, &result); err != nil {
		return nil, err
	}
	key, err := loadKey(in.Args[1])
	if err != nil {
		return nil, err
	}
	algorithm, err := joseAlgorithm(in.Args[2])
	if err != nil {
		return nil, err
	}
	token, err := result.Sign(algorithm, key)
	if err != nil {
		return nil, err
	}
	return WriteOutput(in.Args[3], token)
}

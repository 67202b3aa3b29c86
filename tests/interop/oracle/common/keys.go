package oracle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"os"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/veraison/go-cose"
)

var coseAlgorithms = map[string]cose.Algorithm{
	"ES256": cose.AlgorithmES256, "ES384": cose.AlgorithmES384, "ES512": cose.AlgorithmES512,
	"PS256": cose.AlgorithmPS256, "PS384": cose.AlgorithmPS384, "PS512": cose.AlgorithmPS512,
	"EdDSA": cose.AlgorithmEdDSA,
}

// loadKey reads a key file, JWK or PEM.
func loadKey(path string) (jwk.Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := jwk.ParseKey(text, jwk.WithPEM(bytes.HasPrefix(text, []byte("-----BEGIN"))))
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	return key, nil
}

// loadPublicKey takes the public half: the libraries refuse a private key where
// they verify, which would hide what a case is about.
func loadPublicKey(path string) (crypto.PublicKey, error) {
	key, err := loadKey(path)
	if err != nil {
		return nil, err
	}
	if key, err = key.PublicKey(); err != nil {
		return nil, err
	}
	var public any
	err = jwk.Export(key, &public)
	return public, err
}

// LoadSigner makes a signer. An empty algorithm means the one that goes with the
// key: ES256 for P-256 and so on.
func LoadSigner(path, algorithm string) (cose.Signer, error) {
	key, err := loadKey(path)
	if err != nil {
		return nil, err
	}
	var private any
	if err = jwk.Export(key, &private); err != nil {
		return nil, err
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("key %s: not a private key", path)
	}
	if algorithm == "" {
		if algorithm, err = naturalAlgorithm(signer.Public()); err != nil {
			return nil, err
		}
	}
	id, known := coseAlgorithms[algorithm]
	if !known {
		return nil, fmt.Errorf("unknown COSE algorithm %q", algorithm)
	}
	return cose.NewSigner(id, signer)
}

func naturalAlgorithm(public crypto.PublicKey) (string, error) {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		name := map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[key.Curve.Params().BitSize]
		return name, nil
	case ed25519.PublicKey:
		return "EdDSA", nil
	case *rsa.PublicKey:
		return "PS256", nil
	}
	return "", fmt.Errorf("no algorithm for a %T", public)
}

func joseAlgorithm(name string) (jwa.SignatureAlgorithm, error) {
	algorithm, known := jwa.LookupSignatureAlgorithm(name)
	if !known {
		return algorithm, fmt.Errorf("unknown JWS algorithm %q", name)
	}
	return algorithm, nil
}

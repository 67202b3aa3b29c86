// The 2024 generation: CCA tokens under CBOR tag 399, CMW records and tags only,
// and the client of a verifier service (verification.go).
package main

import (
	"fmt"
	"maps"
	"os"

	oracle "assay.test/oracle/common"
	"github.com/veraison/cmw"
)

func main() {
	commands := map[string]oracle.Command{
		"cmw-decode": {Args: "FILE", Run: cmwDecode},
		"cmw-encode": {Args: "DESCRIPTION FORM OUT", Run: cmwEncode},
	}
	maps.Copy(commands, verificationCommands)
	oracle.Main(commands)
}

var serializations = map[string]cmw.Serialization{"json": cmw.JSONArray, "cbor": cmw.CBORArray, "tag": cmw.CBORTag}

func cmwDecode(in oracle.Input) (any, error) {
	encoded, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	var message cmw.CMW
	if err = message.Deserialize(encoded); err != nil {
		return nil, err
	}
	return oracle.Description{
		Type:      message.GetType(),
		Value:     message.GetValue(),
		Indicator: uint(message.GetIndicator()),
	}, nil
}

func cmwEncode(in oracle.Input) (any, error) {
	description, err := oracle.LoadDescription(in.Args[0])
	if err != nil {
		return nil, err
	}
	serialization, known := serializations[in.Args[1]]
	if !known {
		return nil, fmt.Errorf("unknown form %q: json, cbor or tag", in.Args[1])
	}
	if description.Items != nil {
		return nil, fmt.Errorf("this generation has no collections")
	}
	var message cmw.CMW
	contentFormat, isNumber, err := description.ContentFormat()
	if err != nil {
		return nil, err
	}
	if isNumber {
		message.SetContentFormat(contentFormat)
	} else {
		message.SetMediaType(fmt.Sprint(description.Type))
	}
	message.SetValue(description.Value)
	message.SetIndicators(cmw.Indicator(description.Indicator))
	encoded, err := message.Serialize(serialization)
	if err != nil {
		return nil, err
	}
	return oracle.WriteOutput(in.Args[2], encoded)
}

// Package oracle runs the reference libraries on files: one sub-command, one
// JSON object on stdout. What both generations can do stands here; what differs
// (CMW) is in the main package of each generation.
package oracle

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Command is one sub-command. Args names its positional arguments, Options the
// long options (each takes a value) that it knows.
type Command struct {
	Args    string
	Options []string
	Run     func(in Input) (any, error)
}

// Input is a parsed command line.
type Input struct {
	Args    []string
	Options map[string]string
}

// Hex returns an option given in hex, nil when it is absent.
func (in Input) Hex(option string) ([]byte, error) {
	text, given := in.Options[option]
	if !given {
		return nil, nil
	}
	return hex.DecodeString(text)
}

// Main runs the command named by the command line and ends the program: exit 0
// and the result, or exit 1 and {"error": "..."}; exit 2 on wrong usage.
func Main(generationCommands map[string]Command) {
	commands := map[string]Command{}
	for _, group := range []map[string]Command{evidenceCommands, earCommands, coseCommands, corimCommands, serviceCommands, generationCommands} {
		maps.Copy(commands, group)
	}
	if len(os.Args) < 2 {
		usage(commands)
	}
	command, known := commands[os.Args[1]]
	if !known {
		usage(commands)
	}
	in, err := parse(command, os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		usage(commands)
	}
	result, err := runCaught(command, in)
	if err != nil {
		print(map[string]string{"error": err.Error()})
		os.Exit(1)
	}
	print(result)
}

// WriteOutput saves what a create command made and reports it.
func WriteOutput(path string, content []byte) (any, error) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return nil, err
	}
	return map[string]any{"written": path, "bytes": len(content)}, nil
}

func parse(command Command, words []string) (Input, error) {
	in := Input{Options: map[string]string{}}
	for i := 0; i < len(words); i++ {
		name, isOption := strings.CutPrefix(words[i], "--")
		switch {
		case !isOption:
			in.Args = append(in.Args, words[i])
		case !slices.Contains(command.Options, name) || i+1 == len(words):
			return in, fmt.Errorf("unknown option or missing value: %s", words[i])
		default:
			i++
			in.Options[name] = words[i]
		}
	}
	if want := len(strings.Fields(command.Args)); len(in.Args) != want {
		return in, fmt.Errorf("want %d arguments (%s), got %d", want, command.Args, len(in.Args))
	}
	return in, nil
}

// runCaught turns a panic of a library into an ordinary error: some do panic on
// malformed input, and the test wants to see that, not to lose the case.
func runCaught(command Command, in Input) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return command.Run(in)
}

func print(v any) {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	if err := out.Encode(v); err != nil {
		_ = out.Encode(map[string]string{"error": err.Error()})
		os.Exit(1)
	}
}

func usage(commands map[string]Command) {
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		line := "oracle " + name + " " + commands[name].Args
		for _, option := range commands[name].Options {
			line += " [--" + option + " VALUE]"
		}
		fmt.Fprintln(os.Stderr, line)
	}
	os.Exit(2)
}

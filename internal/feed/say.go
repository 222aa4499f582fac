package feed

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Text is a sentence of the machine as data: what it says, and of what. It becomes words where somebody reads
// it, in the reader's language.
type Text struct {
	// Key is the sentence in English, with verbs of fmt where its arguments go; without arguments it is taken as
	// it stands. Other languages are found by it.
	Key string `json:"key"`
	// Args are what it speaks of: strings, numbers, errors, and other Texts, which are words of a language, too.
	Args []any `json:"args,omitempty"`
}

// Say makes a Text.
func Say(key string, args ...any) Text { return Text{key, args} }

// String is the sentence in English.
func (t Text) String() string { return t.In(func(key string) string { return key }) }

// In is the sentence in the language that sentence gives the keys in.
func (t Text) In(sentence func(key string) string) string {
	if len(t.Args) == 0 {
		return sentence(t.Key)
	}
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		switch a := a.(type) {
		case Text:
			args[i] = a.In(sentence)
		case error:
			args[i] = TextOf(a).In(sentence)
		default:
			args[i] = a
		}
	}
	return fmt.Sprintf(sentence(t.Key), args...)
}

// UnmarshalJSON reads what a Text was written as: among its arguments an object is another Text.
func (t *Text) UnmarshalJSON(b []byte) error {
	var raw struct {
		Key  string            `json:"key"`
		Args []json.RawMessage `json:"args"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*t = Text{Key: raw.Key}
	for _, r := range raw.Args {
		var arg any
		if err := json.Unmarshal(r, &arg); err != nil {
			return err
		}
		if _, nested := arg.(map[string]any); nested {
			var text Text
			if err := json.Unmarshal(r, &text); err != nil {
				return err
			}
			arg = text
		}
		t.Args = append(t.Args, arg)
	}
	return nil
}

// SaidError is an error that says its sentence as data. What it was made of can be found in it by errors.Is and
// errors.As.
type SaidError struct {
	Text    Text
	unknown bool // see Unknownf
}

// ErrUnknown is what an error is that Unknownf made.
var ErrUnknown = errors.New("unknown")

// Unknownf is Errorf for a sentence that says that somebody named what is not there: to try again is of no use.
func Unknownf(key string, args ...any) error { return &SaidError{Text: Text{key, args}, unknown: true} }

// Is tells errors.Is what Unknownf made.
func (e *SaidError) Is(target error) bool { return e.unknown && target == ErrUnknown }

// Errorf makes an error that says a sentence.
func Errorf(key string, args ...any) error { return &SaidError{Text: Text{key, args}} }

func (e *SaidError) Error() string { return e.Text.String() }

// Unwrap gives the errors that the sentence speaks of.
func (e *SaidError) Unwrap() (all []error) {
	for _, a := range e.Text.Args {
		if err, ok := a.(error); ok {
			all = append(all, err)
		}
	}
	return all
}

// TextOf is what an error says: its sentence, or its text as it stands, which is one, too.
func TextOf(err error) Text {
	var said *SaidError
	if errors.As(err, &said) && said.Error() == err.Error() {
		return said.Text
	}
	return Text{Key: err.Error()}
}

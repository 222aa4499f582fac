package feedtest

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Mailbox is a mail server on loopback (RFC 5321) that takes every letter.
type Mailbox struct {
	Addr string // HOST:PORT
	// Took is called, when given, with each letter before the server says that it took it. An error is said
	// instead, after a code.
	Took func(Letter) error

	listener net.Listener
	mu       sync.Mutex
	letters  []Letter
}

// Letter is an e-mail and the envelope it came in.
type Letter struct {
	From string
	To   []string
	mail.Message
	Text string // body, as it came
}

// NewMailbox starts a server that ends with the test.
func NewMailbox(t testing.TB) *Mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &Mailbox{Addr: l.Addr().String(), listener: l}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				_ = m.talk(c) // a client that goes away is no fault of the server's
			})
		}
	})
	t.Cleanup(func() { l.Close(); open.Wait() })
	return m
}

// Letters are those taken so far.
func (m *Mailbox) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.letters)
}

func (m *Mailbox) talk(c net.Conn) error {
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(line string) error { _, err := io.WriteString(c, line+"\r\n"); return err }
	if err := say("220 mailbox"); err != nil {
		return err
	}
	var l Letter
	for {
		line, err := r.ReadLine()
		if err != nil {
			return err
		}
		answer := "250 ok"
		switch verb, rest, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "EHLO":
			answer = "250-mailbox\r\n250-8BITMIME\r\n250 SMTPUTF8"
		case "MAIL":
			l = Letter{From: between(rest)}
		case "RCPT":
			l.To = append(l.To, between(rest))
		case "DATA":
			if err := say("354 go on"); err != nil {
				return err
			}
			data, err := r.ReadDotBytes()
			if err != nil {
				return err
			}
			if answer, err = m.take(l, string(data)); err != nil {
				answer = err.Error()
			}
		case "QUIT":
			return say("221 bye")
		}
		if err := say(answer); err != nil {
			return err
		}
	}
}

func (m *Mailbox) take(l Letter, data string) (string, error) {
	msg, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("554 no letter: %w", err)
	}
	body, err := io.ReadAll(msg.Body)
	if err != nil {
		return "", fmt.Errorf("554 no letter: %w", err)
	}
	l.Message, l.Text = *msg, string(body)
	m.mu.Lock()
	m.letters = append(m.letters, l)
	m.mu.Unlock()
	if m.Took != nil {
		if err := m.Took(l); err != nil {
			return "", err
		}
	}
	return "250 taken", nil
}

// between is the address in "FROM:<a@example.org> BODY=8BITMIME".
func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

// Subject is the subject of a letter.
func Subject(t testing.TB, l Letter) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
	if err != nil {
		t.Error(err)
	}
	return s
}

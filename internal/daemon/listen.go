package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
)

// Where a daemon listens: on an address, on a socket in the file system, or on what systemd opened for it.
const (
	unixScheme  = "unix:"   // and the path of the socket
	systemdName = "systemd" // alone, or with :NAME, as the FileDescriptorName= of the socket says
	adminName   = "admin"   // the socket of systemd that is for those who run feedd
)

// Sockets are the sockets that systemd opened before it started the process, by name (sd_listen_fds(3)).
type Sockets map[string][]net.Listener

// Passed takes the sockets over that were passed to this process, and hides them from those that it
// starts. It is to be called once.
func Passed() (Sockets, error) {
	passed, err := activation.ListenersWithNames()
	if err != nil {
		return nil, fmt.Errorf("cannot take over the sockets of systemd: %w", err)
	}
	return passed, nil
}

// Public are those that readers reach: all but those for the ones who run feedd.
func (s Sockets) Public() (all []net.Listener) {
	for name, of := range s {
		if name != adminName {
			all = append(all, of...)
		}
	}
	return all
}

// Admin are those for the ones who run feedd.
func (s Sockets) Admin() []net.Listener { return s[adminName] }

// listen binds what a flag names until the daemon closes. passed are the sockets that "systemd" alone
// means for it.
func (d *Daemon) listen(address, flag string, passed []net.Listener) ([]net.Listener, error) {
	var all []net.Listener
	switch {
	case address == systemdName:
		all = passed
	case strings.HasPrefix(address, systemdName+":"):
		all = d.o.Sockets[strings.TrimPrefix(address, systemdName+":")]
	case strings.HasPrefix(address, unixScheme):
		l, err := listenUnix(strings.TrimPrefix(address, unixScheme))
		if err != nil {
			return nil, fmt.Errorf("cannot listen: %w; name another address with %s", err, flag)
		}
		all = []net.Listener{l}
	default:
		if _, err := strconv.ParseUint(address, 10, 16); err == nil {
			return nil, fmt.Errorf("%w: %s %s is a port alone; write 127.0.0.1:%s for this machine, or :%s for every address of it", ErrFlag, flag, address, address, address)
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("cannot listen: %w; name another address with %s", err, flag)
		}
		all = []net.Listener{l}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: %s %s, but systemd passed no such socket; it does so when a .socket unit starts feedd", ErrFlag, flag, address)
	}
	for _, l := range all {
		d.closing("listener", func() error {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil
		})
	}
	return all, nil
}

// listenUnix listens on a socket in the file system. What a process that is gone left there makes room.
// Whoever may enter its folder may connect, as whoever is on the machine may to a port of it.
func listenUnix(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
		conn, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			return nil, errors.Join(fmt.Errorf("another process listens on %s", path), conn.Close())
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			if err := os.Remove(path); err != nil {
				return nil, err
			}
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// URL is where this machine reaches the daemon, "" when it does not listen. On a socket in the file
// system it has no host of its own.
func (d *Daemon) URL() string {
	if len(d.listeners) == 0 {
		return ""
	}
	if at := d.listeners[0].Addr(); at.Network() == "tcp" {
		return "http://" + at.String()
	}
	return "http://localhost"
}

// Ask asks a daemon that listens on address, as given to Options.Listen, for a path, and returns the first
// line of what it answers. It fails when the answer is none of success.
func Ask(ctx context.Context, address, path string) (string, error) {
	url, dial := "http://"+address+path, (&net.Dialer{}).DialContext
	if socket, ok := strings.CutPrefix(address, unixScheme); ok {
		url = "http://localhost" + path
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("%w: %s is no address: write HOST:PORT or unix:PATH", ErrFlag, address)
	}
	transport := &http.Transport{DialContext: dial} // no proxy: it is this machine
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", fmt.Errorf("nobody answers: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", resp.Status, line)
	}
	return line, nil
}

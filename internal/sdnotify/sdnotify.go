// Package sdnotify tells systemd how a service of Type=notify is doing: a datagram of lines NAME=VALUE
// to the socket that NOTIFY_SOCKET names (sd_notify(3)). Who has no such socket has nobody to tell.
//
// It reads no environment: its caller does.
package sdnotify

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// sendTimeout is how long a datagram may take; systemd's socket may be full.
const sendTimeout = 2 * time.Second

// maxText is the most bytes of a status.
const maxText = 512

// Socket is where systemd listens: the value of NOTIFY_SOCKET. "" is nobody, to whom all is told in
// vain and without an error. It may be used from any goroutine.
type Socket string

// Ready says that the service has started, and in a line of text what it does now, which
// `systemctl status` shows. Of the text 512 bytes count; line breaks become spaces.
func (s Socket) Ready(text string) error { return s.send("READY=1\nSTATUS=" + line(text)) }

// Stopping says that the service has begun to end.
func (s Socket) Stopping() error { return s.send("STOPPING=1\nSTATUS=Stopping") }

// line makes one line of text.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}

// send sends one message. A path that begins with @ is a name in Linux's abstract namespace, as it is for
// package net. The error says what of the address or the socket is wrong.
func (s Socket) send(message string) error {
	switch {
	case s == "":
		return nil
	case s[0] != '/' && s[0] != '@':
		return fmt.Errorf("sdnotify: NOTIFY_SOCKET %q is neither a path nor an abstract name that begins with @", string(s))
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: string(s), Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("sdnotify: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return fmt.Errorf("sdnotify: %w", err)
	}
	if _, err := conn.Write([]byte(message)); err != nil {
		return fmt.Errorf("sdnotify: %w", err)
	}
	return nil
}

package mqtt

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// connect reads the CONNECT and answers it. It reports whether the client is let in; full says that
// there is no room for it.
func (c *conn) connect(full bool) bool {
	outcome, code, err := c.admit(full)
	c.s.metrics.connects.With(outcome).Add(1)
	if outcome != connectAccepted {
		c.s.o.Log.Debug("MQTT client not let in",
			slog.String("outcome", outcome), slog.String("remote", c.nc.RemoteAddr().String()), slog.Any("error", err))
	}
	switch outcome {
	case connectMalformed, connectLost:
		return false
	}
	return c.write(appendConnack(nil, code)) && outcome == connectAccepted
}

// admit reads the CONNECT and says what becomes of it, with the return code to send.
func (c *conn) admit(full bool) (outcome string, code byte, err error) {
	said, err := c.readConnect()
	_, isMalformed := errors.AsType[*malformed](err)
	switch {
	case isMalformed:
		return connectMalformed, 0, err
	case err != nil:
		return connectLost, 0, err
	case said.refused == returnVersion:
		return connectVersion, said.refused, nil
	case said.refused == returnIdentifier:
		return connectIdentifier, said.refused, nil
	case full:
		return connectFull, returnUnavailable, nil
	}
	session, err := c.s.handler.Authorise(said.user, said.password)
	if err != nil {
		return connectRefused, returnNotAuthorised, err
	}
	if said.old {
		// Only now: paho.mqtt.golang tries 3.1 whenever 3.1.1 was refused, and shows the second answer.
		return connectVersion, returnVersion, nil
	}
	c.session = session
	c.identity = identity{said.user, said.client}
	c.maxSilence = c.s.o.MaxSilence
	if k := said.keepAlive; k > 0 {
		c.maxSilence = min(c.maxSilence, k+k/2)
	}
	return connectAccepted, returnAccepted, nil
}

func (c *conn) readConnect() (connect, error) {
	// Writes too: TLS answers before there is a CONNECT.
	_ = c.nc.SetWriteDeadline(time.Now().Add(connectTimeout))
	if !c.readWithin(connectTimeout) {
		return connect{}, context.Cause(c.reading)
	}
	first, err := c.r.ReadByte()
	if err != nil {
		return connect{}, err
	}
	h, err := readHeader(first, c.r)
	if err != nil {
		return connect{}, err
	}
	if h.kind != kindConnect {
		return connect{}, malformedf("%v before CONNECT", h.kind)
	}
	b, err := readBody(c.r, h)
	if err != nil {
		return connect{}, err
	}
	return decodeConnect(b)
}

package config

import (
	"strings"

	"hutong/ingest/mqtt"
)

// MQTT says where sensors publish by MQTT 3.1.1.
type MQTT struct {
	// Listen is the host:port to listen on; port 0 takes a free one.
	Listen string
	// TLS is the certificate to listen with; nil is none.
	TLS *TLS
	// Clients is the most connections, Packet the most bytes of a packet; 0 when the file does not say.
	Clients, Packet int
}

// mqtt reads where sensors publish.
func (b *builder) mqtt(n *node) {
	if n == nil {
		return
	}
	m := &MQTT{Clients: n.get("clients").integer(0), Packet: n.get("packet").integer(0)}
	m.Listen, m.TLS = b.listener(n)
	b.config.MQTT = m
}

// listener reads where to listen, and with which certificate.
func (b *builder) listener(n *node) (listen string, certificate *TLS) {
	if at := n.get("listen"); at != nil {
		if err := checkListen(at.text); err != nil {
			b.f.on(at, "%v", err)
		}
	}
	if t := n.get("tls"); t != nil {
		certificate = &TLS{Cert: t.get("cert").str(), Key: t.get("key").str()}
	}
	return n.get("listen").str(), certificate
}

// topics reads which topics a source takes.
func (b *builder) topics(s *Source, n *node) {
	s.Push.Topics = b.filters(n, "mqtt", b.config.MQTT != nil, func(text string) error {
		_, err := mqtt.ParseFilter(text)
		return err
	})
}

// filters reads filters of what is published by a protocol, for which the config has a listener or not.
func (b *builder) filters(n *node, protocol string, listens bool, parse func(text string) error) (list []string) {
	if n == nil {
		return nil
	}
	if !listens {
		b.f.at(n.keyLine, n.keyColumn, n.path, "nothing is published: %s: {listen: …} is missing at the top of the config", protocol)
	}
	for _, item := range n.items {
		if err := parse(item.text); err != nil {
			b.f.on(item, "%s", strings.TrimPrefix(err.Error(), protocol+": "))
			continue
		}
		list = append(list, item.text)
	}
	return list
}

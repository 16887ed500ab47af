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
	m := &MQTT{Listen: n.get("listen").str(), Clients: n.get("clients").integer(0), Packet: n.get("packet").integer(0)}
	if at := n.get("listen"); at != nil {
		if err := checkListen(at.text); err != nil {
			b.f.on(at, "%v", err)
		}
	}
	if t := n.get("tls"); t != nil {
		m.TLS = &TLS{Cert: t.get("cert").str(), Key: t.get("key").str()}
	}
	b.config.MQTT = m
}

// topics reads which topics a source takes.
func (b *builder) topics(s *Source, n *node) {
	if n == nil {
		return
	}
	if b.config.MQTT == nil {
		b.f.at(n.keyLine, n.keyColumn, n.path, "nothing is published: mqtt: {listen: …} is missing at the top of the config")
	}
	for _, item := range n.items {
		if _, err := mqtt.ParseFilter(item.text); err != nil {
			b.f.on(item, "%s", strings.TrimPrefix(err.Error(), "mqtt: "))
			continue
		}
		s.Push.Topics = append(s.Push.Topics, item.text)
	}
}

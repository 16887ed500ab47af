package config

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// The variables of the environment that stand before the file.
const (
	EnvListen    = "HUTONG_LISTEN"
	EnvPublicURL = "HUTONG_PUBLIC_URL"
	// EnvJournalFolder puts the journal into another folder, and its log there too if it is in a cluster.
	EnvJournalFolder = "HUTONG_JOURNAL_FOLDER"
	// EnvData is the folder that ${HUTONG_DATA} stands for in the paths of sources and archives.
	EnvData = "HUTONG_DATA"
)

// Env looks a variable of the environment up, as [os.LookupEnv] does.
type Env = func(name string) (value string, ok bool)

// Load reads the config at path. env is asked for variables; nil is an empty environment, and a
// server passes os.LookupEnv. The error is a [Problems] when the file could be read but not used.
func Load(path string, env Env) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("config: read %s: %w", path, err)
	}
	return Parse(path, data, env)
}

// Parse reads a config from data; name stands for the file in problems. It touches no file.
func Parse(name string, data []byte, env Env) (*Config, error) {
	rules, err := root()
	if err != nil {
		return nil, err
	}
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	f := &findings{file: name}
	b := &builder{f: f, env: env}
	tree := parse(data, f)
	if tree != nil {
		rules.check(tree, f)
		b.build(tree)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	b.config.file, b.config.places = name, map[string]mark{}
	b.config.note(tree)
	return &b.config, nil
}

// builder makes a Config of a checked tree. It skips what was found bad and reports what the schema
// cannot say.
type builder struct {
	f      *findings
	env    Env
	config Config
}

func (b *builder) build(tree *node) {
	c := &b.config
	c.City, c.CityZH = tree.get("city").str(), tree.get("city_zh").str()
	if n := tree.get("time_zone"); n != nil {
		c.TimeZone = b.zone(n)
	}
	c.Listen = DefaultListen
	if n := tree.get("listen"); n != nil {
		c.Listen = n.text
		if err := checkListen(n.text); err != nil {
			b.f.on(n, "%v", err)
		}
	}
	if v, ok := b.env(EnvListen); ok && v != "" {
		c.Listen = v
		if err := checkListen(v); err != nil {
			b.f.environment(EnvListen, "%v", err)
		}
	}
	if n := tree.get("public_url"); n != nil {
		var err error
		if c.PublicURL, err = publicURL(n.text); err != nil {
			b.f.on(n, "%v", err)
		}
	}
	if v, ok := b.env(EnvPublicURL); ok && v != "" {
		var err error
		if c.PublicURL, err = publicURL(v); err != nil {
			b.f.environment(EnvPublicURL, "%v", err)
		}
	}
	b.proxies(tree.get("trusted_proxies"))
	if n := tree.get("tls"); n != nil {
		c.TLS = &TLS{Cert: n.get("cert").str(), Key: n.get("key").str()}
	}
	b.journal(tree.get("journal"))
	b.mqtt(tree.get("mqtt"))
	b.nats(tree.get("nats"))
	c.CacheBytes = int64(tree.get("cache").get("bytes").integer(0))
	if n := tree.get("center"); n != nil {
		c.Center = &orb.Point{n.items[0].number(0), n.items[1].number(0)}
	}
	if n := tree.get("zoom"); n != nil {
		z := n.number(0)
		c.Zoom = &z
	}
	b.layers(tree.get("layers"))
	b.derived(tree.get("derived"), tree.get("layers"))
	b.archives(tree.get("archives"))
	b.sources(tree.get("sources"), tree.get("layers"))
	b.views(tree) // what sources say adds fields to layers
	b.keys(tree.get("keys"), tree)
	b.tokens(tree.get("tokens"))
}

// proxies reads addresses and ranges of addresses.
func (b *builder) proxies(n *node) {
	if n == nil {
		return
	}
	for _, item := range n.items {
		if item.bad {
			continue
		}
		p, err := netip.ParsePrefix(item.text)
		if addr, errAddr := netip.ParseAddr(item.text); errAddr == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() {
			b.f.on(item, "%s is neither an address nor a range of addresses, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8", quote(item.text))
			continue
		}
		b.config.TrustedProxies = append(b.config.TrustedProxies, p)
	}
}

// checkListen says what is wrong with a host:port to listen on, or nil. An empty host is every
// address of the machine.
func checkListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s is not host:port, such as %s", quote(s), DefaultListen)
	}
	return nil
}

// publicURL returns s without the slash at its end, or what is wrong with it.
func publicURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(s, "#") {
		return "", fmt.Errorf("%s is not an absolute http or https URL without query and user, such as https://map.example", quote(s))
	}
	return strings.TrimRight(s, "/"), nil
}

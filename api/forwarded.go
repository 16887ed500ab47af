package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// maxHost and maxPrefix bound what of a proxy's word gets into a URL, in bytes.
const (
	maxHost   = 255
	maxPrefix = 200
)

// origin is what stands before the path of a URL; "" where nobody said.
type origin struct{ scheme, host, prefix string }

// override takes from said what is well-formed and leaves the rest as it was: a proxy that is
// misconfigured must not get arbitrary text into documents that others read.
func (o *origin) override(said origin) {
	if scheme := strings.ToLower(said.scheme); scheme == "http" || scheme == "https" {
		o.scheme = scheme
	}
	if validHost(said.host) {
		o.host = said.host
	}
	if prefix := strings.TrimRight(said.prefix, "/"); validPrefix(prefix) {
		o.prefix = prefix
	}
}

// forwarded returns what a trusted proxy says that its client asked for. With several proxies in a
// row Forwarded is read from its end, where the nearest stands, as long as the next one is trusted
// too; of the X- headers, which count only without any Forwarded, the last value does, since nothing says
// who wrote those before it. A proxy must take out of a request whichever of the two it does not write.
func (b Base) forwarded(h http.Header) origin {
	o := origin{prefix: lastValue(h["X-Forwarded-Prefix"])}
	elements := forwardedElements(h["Forwarded"])
	if len(elements) == 0 {
		if len(h["Forwarded"]) > 0 {
			return o // a client may have broken it so that its own X- headers count
		}
		o.scheme, o.host = lastValue(h["X-Forwarded-Proto"]), lastValue(h["X-Forwarded-Host"])
		return o
	}
	i := len(elements) - 1
	for i > 0 && b.trusts(elements[i]["for"]) {
		i--
	}
	o.scheme, o.host = elements[i]["proto"], elements[i]["host"]
	return o
}

// Client returns the address of the client that r comes from: the connection's, or what trusted proxies say
// of it, read from the end of their list as long as the next one is trusted, too. It is the zero Addr when
// there is none.
func (b Base) Client(r *http.Request) netip.Addr {
	addr := addressOf(r.RemoteAddr)
	if !b.trusts(r.RemoteAddr) {
		return addr
	}
	var said []string
	if elements := forwardedElements(r.Header["Forwarded"]); len(elements) > 0 {
		for _, e := range elements {
			said = append(said, e["for"])
		}
	} else if len(r.Header["Forwarded"]) == 0 {
		said = strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	}
	for _, text := range slices.Backward(said) {
		text = strings.TrimSpace(text)
		next := addressOf(text)
		if !next.IsValid() {
			return addr
		}
		if addr = next; !b.trusts(text) {
			return addr
		}
	}
	return addr
}

// addressOf reads an address with or without a port; it is the zero Addr when there is none.
func addressOf(text string) netip.Addr {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// lastValue returns the last member of a comma-separated list.
func lastValue(headers []string) string {
	if len(headers) == 0 {
		return ""
	}
	last := headers[len(headers)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// forwardedElements parses Forwarded headers (RFC 7239 §4): the parameters of each element, their
// names in lower case. What is malformed ends the list before it: nothing behind it can be trusted,
// and without its end nobody knows who wrote the rest, so the list is empty then.
func forwardedElements(headers []string) []map[string]string {
	var list []map[string]string
	for _, header := range headers {
		rest := header
		for rest != "" {
			var element map[string]string
			var ok bool
			if element, rest, ok = forwardedElement(rest); !ok {
				return nil
			}
			if len(element) > 0 {
				list = append(list, element)
			}
		}
	}
	return list
}

// forwardedElement parses the pairs up to a comma or the end.
func forwardedElement(s string) (element map[string]string, rest string, ok bool) {
	element = map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t")
		switch {
		case s == "":
			return element, "", true
		case s[0] == ',':
			return element, s[1:], true
		case s[0] == ';':
			s = s[1:]
			continue
		}
		name, after, found := strings.Cut(s, "=")
		if !found || strings.ContainsAny(name, " \t\",;") || name == "" {
			return nil, "", false
		}
		value, after, valid := forwardedValue(after)
		if !valid {
			return nil, "", false
		}
		element[strings.ToLower(name)] = value
		s = after
	}
}

// forwardedValue parses a token or a quoted string (RFC 9110 §5.6.4).
func forwardedValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, ",; \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], !strings.Contains(s[:end], `"`)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// validHost reports whether s is a name or an address, with or without a port.
func validHost(s string) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		if _, err := strconv.ParseUint(s[i+1:], 10, 16); err != nil {
			return false
		}
		host = s[:i]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	return host != "" && onlyHas(host, ".-_")
}

// validPrefix reports whether s is a path of plain segments: "/maps/city".
func validPrefix(s string) bool {
	return len(s) <= maxPrefix && isClean(s) && s != "/" && onlyHas(s, "/.-_~")
}

// onlyHas reports whether s has nothing but ASCII letters, digits and bytes of others.
func onlyHas(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}

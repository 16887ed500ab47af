package config

// tokens reads where the secrets are that sign tokens.
func (b *builder) tokens(n *node) {
	if n == nil || n.bad {
		return
	}
	t := &Tokens{}
	for _, one := range []struct {
		key string
		to  *string
	}{{"secret_file", &t.SecretFile}, {"previous_file", &t.PreviousFile}} {
		file := n.get(one.key)
		if file == nil || file.bad {
			continue
		}
		var err error
		if *one.to, err = expand(file.text, b.env); err != nil {
			b.f.on(file, "%v", err)
		}
	}
	if previous := n.get("previous_file"); previous != nil && t.PreviousFile != "" && t.PreviousFile == t.SecretFile {
		b.f.on(previous, "is the file of the secret itself")
	}
	b.config.Tokens = t
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// askTimeout is how long a server may take to list its layers.
const askTimeout = 20 * time.Second

// folderVariable names the folder of the journal in the place of the config's.
const folderVariable = "HUTONG_JOURNAL_FOLDER"

// ownServer is this binary once more, serving in a process of its own so that its processor time is
// only its own, on a folder of its own so that what is sent to it is in no city's journal.
type ownServer struct {
	url    string
	cmd    *exec.Cmd
	folder string
}

// serveOwn starts a server with a config on a free port of this machine and waits until it is ready.
func serveOwn(cmd *cobra.Command, config, logLevel string) (*ownServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// It outlives cmd's context, and an interrupt of the terminal, because it is measured to the end.
	child := exec.CommandContext(context.WithoutCancel(cmd.Context()), self, "serve", //nolint:gosec // this very program
		"--config", config, "--listen", "127.0.0.1:0", "--log-level", logLevel)
	folder, err := os.MkdirTemp("", "hutong-bench-")
	if err != nil {
		return nil, err
	}
	o := &ownServer{cmd: child, folder: folder}
	child.Env = append(os.Environ(), folderVariable+"="+folder)
	child.Stderr = cmd.ErrOrStderr()
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	// Told to stop while it loads.
	release := context.AfterFunc(cmd.Context(), func() { _ = child.Process.Signal(syscall.SIGTERM) })
	defer release()
	line, err := bufio.NewReader(io.LimitReader(stdout, 4096)).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		o.stop()
		return nil, fmt.Errorf("the server with %s did not start", config)
	}
	o.url = url
	return o, nil
}

// stop ends the server, waits for it and removes its folder.
func (o *ownServer) stop() {
	_ = o.cmd.Process.Signal(syscall.SIGTERM) // it may be over already
	_ = o.cmd.Wait()
	_ = os.RemoveAll(o.folder) // in the system's folder for what is temporary
}

// firstLayer returns the name of the first layer that the server lists.
func (o *ownServer) firstLayer(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+"/layers", nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	var list struct{ Layers []struct{ Name string } }
	err = json.NewDecoder(io.LimitReader(res.Body, 16<<20)).Decode(&list)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return "", err
	}
	if len(list.Layers) == 0 {
		return "", errors.New("the server has no layers")
	}
	return list.Layers[0].Name, nil
}

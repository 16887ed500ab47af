package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hutong/internal/remote"
	"hutong/journal/backup"
)

// stdoutName stands for standard output, or input.
const stdoutName = "-"

func newBackup(env lookup) *cobra.Command {
	var t target
	var folder, out string
	cmd := &cobra.Command{
		Use:   "backup [--server URL | --folder FOLDER] [--out FILE]",
		Short: "Write all that a server keeps, as of one moment, to a file",
		Long: "Write the state of all layers at one moment to a file, a tar, while the server at --server runs, or from the data\n" +
			"folder that no server has open. The key for a server (HUTONG_KEY or --key-file) needs the scope backup. The file\n" +
			"is there as a whole or not at all, and every byte of it was checked; without --out its name tells when it was\n" +
			"made. It holds private values: only its owner may read it. hutong restore makes a data folder of it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case folder != "" && (cmd.Flags().Changed("server") || t.keyFile != ""):
				return usageError{errors.New("backup takes --server, with a key, or --folder, not both")}
			case out == stdoutName && t.asJSON:
				return usageError{errors.New("--json is for a backup in a file: with --out - standard output has the backup")}
			case out == stdoutName && isTerminal(cmd.OutOrStdout()):
				return usageError{errors.New("a backup is nothing for a terminal: send it to a file or a program")}
			}
			progress := &backup.Progress{}
			var write func(context.Context, io.Writer) (*backup.Contents, error)
			if folder != "" {
				f, err := openFolder(cmd, folder)
				if err != nil {
					return err
				}
				defer func() { _ = f.Close() }() // it was only read
				write = func(ctx context.Context, w io.Writer) (*backup.Contents, error) {
					return backup.Write(ctx, w, f.Pinned, f.Snapshots, f, progress)
				}
			} else {
				s, err := t.connect(env)
				if err != nil {
					return err
				}
				defer s.Close()
				write = func(ctx context.Context, w io.Writer) (*backup.Contents, error) { return download(ctx, s, w, progress) }
			}
			stop := newScreen(cmd.ErrOrStderr()).follow(progress)
			defer stop()
			if out == stdoutName {
				_, err := write(cmd.Context(), cmd.OutOrStdout())
				return err
			}
			c, path, err := writeBackup(cmd.Context(), out, write)
			if err != nil {
				return err
			}
			stop()
			if t.asJSON {
				return writeJSON(cmd.OutOrStdout(), struct {
					File string `json:"file"`
					*backup.Contents
				}{path, c})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: state %d of %s, %s, %s\n", path, c.Seq, c.Written.Format("2006-01-02 15:04:05Z07:00"),
				count(len(c.Members), "file"), megabytes(float64(c.Bytes())))
			return err
		},
	}
	t.addServer(cmd)
	cmd.Flags().StringVar(&folder, "folder", "", "data `folder` that no server has open, instead of a server")
	cmd.Flags().StringVarP(&out, "out", "o", "", "`file` to write, - for standard output; one that is there is replaced as a whole")
	return cmd
}

// openFolder opens a data folder; what its log has to say goes to stderr.
func openFolder(cmd *cobra.Command, folder string) (*backup.Folder, error) {
	quiet := service{logLevel: "warn", logFormat: "auto"}
	_, log, err := quiet.logger(cmd)
	if err != nil {
		return nil, err
	}
	return backup.OpenFolder(cmd.Context(), folder, log)
}

// download copies a backup of a server.
func download(ctx context.Context, s *remote.Server, w io.Writer, progress *backup.Progress) (*backup.Contents, error) {
	body, err := s.Backup(ctx)
	if err != nil {
		return nil, err
	}
	c, err := backup.Copy(ctx, w, body, progress)
	return c, errors.Join(err, body.Close())
}

// writeBackup has a backup written under a temporary name and gives it its own once it is durable; path "" is a
// name that says what it is, in the working folder.
func writeBackup(ctx context.Context, path string, write func(context.Context, io.Writer) (*backup.Contents, error)) (c *backup.Contents, name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".hutong-backup-*") // for its owner only
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	c, err = write(ctx, file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, "", err
	}
	if path == "" {
		path = backup.FileName(c.Seq, c.Written)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return nil, "", err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, "", err
	}
	return c, path, errors.Join(dir.Sync(), dir.Close())
}

func newRestore() *cobra.Command {
	var folder string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "restore FILE --folder FOLDER",
		Short: "Make a data folder of a backup",
		Long: "Make a data folder of a backup, - for one on standard input. The folder must be empty or missing. Every byte is\n" +
			"checked before it counts; a restore that breaks off leaves a folder that no server starts with, into which it can\n" +
			"be restored again. The next start with journal.folder of the config at FOLDER goes on from there, with a new log.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if folder == "" {
				return usageError{errors.New("restore needs --folder FOLDER, the data folder to make")}
			}
			from := cmd.InOrStdin()
			if args[0] != stdoutName {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer file.Close()
				from = file
			}
			progress := &backup.Progress{}
			stop := newScreen(cmd.ErrOrStderr()).follow(progress)
			c, err := backup.Restore(cmd.Context(), from, folder, progress)
			stop()
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), struct {
					Folder string `json:"folder"`
					*backup.Contents
				}{folder, c})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: state %d of %s, %s, %s\n", folder, c.Seq, c.Written.Format("2006-01-02 15:04:05Z07:00"),
				count(len(c.Members), "file"), megabytes(float64(c.Bytes())))
			return err
		},
	}
	cmd.Flags().StringVar(&folder, "folder", "", "data `folder` to make")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

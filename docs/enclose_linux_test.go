package docs

import (
	"os/exec"
	"syscall"
)

// enclose makes a command run in a folder that it sees as the root, as a user.
func enclose(cmd *exec.Cmd, folder string, user uint32) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: folder, Credential: &syscall.Credential{Uid: user, Gid: user}}
}

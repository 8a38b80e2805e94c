import { ensureDebianPackages, isDebian, tool } from './prepare.mjs';

/** Sees to it that sshd is there: the demo fleet's servers are real ones. Throws with what to do where it is not. */
export async function installSshd() {
  if (tool('sshd')) return;
  if (isDebian() && process.getuid?.() === 0) await ensureDebianPackages(['openssh-server']);
  if (tool('sshd')) return;
  const how = isDebian()
    ? 'sudo apt-get install openssh-server'
    : 'install the OpenSSH server with the package manager of this system';
  throw new Error(
    `The demo fleet needs OpenSSH's server, and sshd is not installed. Do this, then start again:\n  ${how}`,
  );
}

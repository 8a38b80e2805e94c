import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ServerChannel, Session } from 'ssh2';
import { serveSftp, type SftpParts } from './sftp';

/** A command or a shell that runs for a channel. */
export interface Command {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  stderr: NodeJS.ReadableStream;
  /** Its exit code; resolves when what it printed has been read. */
  ended: Promise<number>;
  /** Ends it and all that it started. */
  kill: () => void;
}

export interface FrontParts {
  port: number;
  user: string;
  /** Lines of `authorized_keys`. */
  authorizedKeys: () => string[];
  password: () => string | undefined;
  /** Undefined: the login shell. */
  run: (command: string | undefined) => Command;
  sftp: SftpParts;
  log: (line: string) => void;
}

/** The SSH server in front of a Windows, as OpenSSH for Windows looks from outside. */
export class Front {
  private listener: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly commands = new Set<Command>();
  private frozen = false;

  constructor(private readonly parts: FrontParts) {}

  /** @param hostKey private key, PEM or OpenSSH's form */
  async listen(hostKey: string): Promise<void> {
    const server = new ssh2.Server({ hostKeys: [hostKey], ident: 'OpenSSH_for_Windows_9.5' }, (connection) =>
      this.connected(connection),
    );
    const listener = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined); // clients that hang up are daily business
      // A machine that hangs takes connections, in its kernel, and says nothing.
      if (!this.frozen) server.injectSocket(socket);
    });
    listener.listen(this.parts.port, '127.0.0.1');
    await once(listener, 'listening');
    this.listener = listener;
  }

  /** Takes no connection any more and ends those that there are, with their commands. */
  close(): void {
    this.listener?.close();
    this.listener = undefined;
    this.drop();
  }

  drop(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
    for (const command of this.commands) command.kill();
  }

  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  private connected(connection: Connection): void {
    const { parts } = this;
    const own = new Set<Command>();
    connection.on('error', () => undefined);
    connection.on('close', () => own.forEach((command) => command.kill()));
    connection.on('authentication', (context) => this.authenticate(context));
    connection.on('session', (accept) => {
      const session: Session = accept();
      session.on('pty', (accept) => accept());
      session.on('env', (accept) => accept?.());
      session.on('exec', (accept, _reject, { command }) => this.serve(accept(), command, own));
      session.on('shell', (accept) => this.serve(accept(), undefined, own));
      session.on('sftp', (accept) => serveSftp(accept(), parts.sftp));
    });
  }

  private authenticate(context: AuthContext): void {
    const { user, password, authorizedKeys } = this.parts;
    const methods: ('publickey' | 'password')[] =
      password() === undefined ? ['publickey'] : ['publickey', 'password'];
    const known = context.username.toLowerCase() === user.toLowerCase();
    if (known && context.method === 'password' && context.password === password()) context.accept();
    else if (known && context.method === 'publickey' && isAuthorized(context, authorizedKeys()))
      context.accept();
    else context.reject(methods);
  }

  private serve(channel: ServerChannel, line: string | undefined, own: Set<Command>): void {
    this.parts.log(line === undefined ? 'shell' : `exec ${line}`);
    const command = this.parts.run(line);
    own.add(command);
    this.commands.add(command);
    channel.pipe(command.stdin);
    command.stdin.on('error', () => undefined); // it need not read all that it is sent
    command.stdout.pipe(channel, { end: false });
    command.stderr.pipe(channel.stderr, { end: false });
    channel.on('close', () => command.kill());
    channel.on('error', () => undefined);
    void command.ended.then((code) => {
      own.delete(command);
      this.commands.delete(command);
      channel.exit(code >>> 0);
      channel.end();
    });
  }
}

function isAuthorized(context: AuthContext & { method: 'publickey' }, lines: string[]): boolean {
  return lines.some((line) => {
    const key = ssh2.utils.parseKey(line);
    if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return false;
    // Without a signature the client only asks whether the key would do.
    if (context.signature === undefined || context.blob === undefined) return true;
    return key.verify(context.blob, context.signature, context.hashAlgo) === true;
  });
}

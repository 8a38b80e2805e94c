import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection } from 'ssh2';

export interface PlainServer {
  port: number;
  /** Connections that were accepted so far. */
  connections: number;
  stop(): Promise<void>;
}

/**
 * A small SSH server for logins that a loopback sshd cannot be made to ask for (its passwords are the machine's own).
 * A command is answered by its own text and exit code 0.
 * @param login answers one attempt to log in: accept, or refuse with the methods that are left.
 */
export async function startPlainServer(
  login: (attempt: AuthContext) => void,
  port = 0,
): Promise<PlainServer> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const open = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (connection) => {
    result.connections += 1;
    open.add(connection);
    connection.on('close', () => open.delete(connection));
    connection.on('error', () => undefined); // clients that hang up are part of the tests
    connection.on('authentication', login);
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        channel.write(command);
        channel.exit(0);
        channel.end();
      });
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const result: PlainServer = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    stop: async () => {
      for (const connection of open) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return result;
}

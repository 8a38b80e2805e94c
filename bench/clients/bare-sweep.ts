// A fresh process that asks every server by ssh2 alone: no settings file, no store of host keys, no rules, nothing kept.
import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import { Client } from 'ssh2';
import type { SweepJob } from '../sweep';

const deadline = 60_000;

function ask(job: SweepJob, privateKey: Buffer, server: SweepJob['servers'][number]): Promise<string> {
  const hostKey = Buffer.from(server.hostKey.split(' ')[1] ?? '', 'base64');
  return new Promise((resolve, reject) => {
    const client = new Client();
    const done = (result: () => void): void => {
      result();
      client.end();
    };
    client.on('error', reject);
    client.on('ready', () => {
      client.exec(job.command, (error, channel) => {
        if (error) return done(() => reject(error));
        let text = '';
        channel.on('data', (chunk: Buffer) => (text += chunk.toString()));
        channel.stderr.resume();
        channel.on('close', () => done(() => resolve(text)));
        channel.end(server.script);
      });
    });
    client.connect({
      host: '127.0.0.1',
      port: server.port,
      username: job.user,
      privateKey,
      readyTimeout: deadline,
      hostVerifier: (key: Buffer) => key.equals(hostKey),
    });
  });
}

async function main(): Promise<void> {
  const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as SweepJob;
  const privateKey = readFileSync(job.key);
  const limit = pLimit(job.parallel);
  const answers = await Promise.all(job.servers.map((server) => limit(() => ask(job, privateKey, server))));
  const whole = answers.filter((text) => /^end$/m.test(text)).length;
  if (whole !== job.servers.length) throw new Error(`only ${whole} of ${job.servers.length} answered`);
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

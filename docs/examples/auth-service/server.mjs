// Says who somebody is, in place of the auth service. Its people are named on the command line, each with a token of 15
// minutes that it prints; yours come from your own store. A name on standard input ends that person's login.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { loadPackageDefinition, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const [address, protoFolder, ...names] = process.argv.slice(2);
const file = loadSync('recipechat/auth/v1/auth.proto', { includeDirs: [protoFolder], keepCase: true });
const { AuthService } = loadPackageDefinition(file).recipechat.auth.v1;
const LIFETIME = 15 * 60_000;

const users = names.map(name => ({ id: `user-${name}`, name }));
const logins = new Map(users.map(user => [randomUUID(), { user, session_id: randomUUID(), ends: Date.now() + LIFETIME }]));
const watchers = new Set();
const time = ms => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });
const refuse = (answer, code, details) => answer({ code, details });

const calls = {
  ValidateToken({ request: { access_token } }, answer) {
    const login = logins.get(access_token);
    const left = (login?.ends ?? 0) - Date.now();
    if (left <= 0) return refuse(answer, status.UNAUTHENTICATED, 'Invalid token');
    const { user, session_id, ends } = login;
    // Of a token one says the same each time; `token_id` must not show the token itself.
    const token_id = `${session_id}-${ends}`;
    answer(null, { principal: { user, session_id, token_id, expires_at: time(ends), expires_in: time(left) } });
  },
  FindUser({ request }, answer) {
    const user = users.find(({ name }) => name === request.name.toLowerCase());
    return user ? answer(null, { user }) : refuse(answer, status.NOT_FOUND, 'No such user');
  },
  WatchRevocations(stream) {
    watchers.add(stream);
    stream.on('cancelled', () => watchers.delete(stream));
  },
};

createInterface({ input: process.stdin }).on('line', name => {
  for (const [token, { user, session_id }] of logins) {
    if (user.name !== name) continue;
    logins.delete(token);
    for (const stream of watchers) stream.write({ session_id, revoked_at: time(Date.now()) });
  }
});

const server = new Server();
server.addService(AuthService.service, calls); // every other call is answered by UNIMPLEMENTED
server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on http://127.0.0.1:${port}`);
  for (const [token, { user }] of logins) console.log(`${user.name} ${token}`);
});

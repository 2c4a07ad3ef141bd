// An OpenID Connect provider with one client, behind TLS. `POST /sign-in/LOGIN` signs somebody in as a browser would, by the
// authorization code flow over this server's own pages, and answers the ID token.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import Provider from 'oidc-provider';

const [issuer, port, certificate, key] = process.argv.slice(2);
const redirect = 'https://app.example/callback';
const client = { client_id: 'app', client_secret: 'secret', redirect_uris: [redirect] };

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ['sub', 'https://aws.amazon.com/tags'], email: ['email'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@example.com`,
      'https://aws.amazon.com/tags': { principal_tags: { team: ['blue'] }, transitive_tag_keys: ['team'] },
    }),
  }),
  pkce: { required: () => false },
  cookies: { keys: ['for tests'] },
});
provider.proxy = true;

// Everybody sees this server under the issuer's name, without a port.
const handle = provider.callback();
const server = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
  const login = /^\/sign-in\/(\w+)$/.exec(request.url);
  if (!login) {
    request.headers.host = new URL(issuer).host;
    request.headers['x-forwarded-host'] = new URL(issuer).host;
    request.headers['x-forwarded-proto'] = 'https';
    return handle(request, response);
  }
  return signIn(login[1]).then(
    (token) => response.end(token),
    (error) => { response.statusCode = 500; response.end(String(error.stack)); },
  );
});
server.listen(Number(port), '127.0.0.1');

async function signIn(login) {
  const jar = new Map();
  const query = new URLSearchParams({
    client_id: client.client_id, response_type: 'code', redirect_uri: redirect, scope: 'openid email', nonce: 'n',
  });
  let answer = await send(jar, 'GET', `/auth?${query}`);
  // The pages for developers ask twice: who it is, and whether it agrees.
  for (const fields of [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]) {
    answer = await send(jar, 'POST', path(answer), new URLSearchParams(fields).toString());
    answer = await send(jar, 'GET', path(answer));
  }
  const code = new URL(answer.headers.location).searchParams.get('code');
  const basic = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64');
  const form = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirect });
  const tokens = await send(jar, 'POST', '/token', form.toString(), { authorization: `Basic ${basic}` });
  return JSON.parse(tokens.body).id_token;
}

function path(answer) {
  const to = new URL(answer.headers.location, issuer);
  return to.pathname + to.search;
}

function send(jar, method, target, body, headers = {}) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const options = {
    host: '127.0.0.1', port, method, path: target, rejectUnauthorized: false,
    headers: { cookie, ...(body && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
  };
  return new Promise((resolve, reject) => {
    const request = https.request(options, (response) => {
      for (const line of response.headers['set-cookie'] ?? []) {
        const [name, value] = line.split(';')[0].split('=');
        jar.set(name, value);
      }
      let text = '';
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => (response.statusCode < 400
        ? resolve({ headers: response.headers, body: text })
        : reject(new Error(`${method} ${target}: ${response.statusCode} ${text}`))));
    });
    request.on('error', reject);
    request.end(body);
  });
}

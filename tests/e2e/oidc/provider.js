// A certified OpenID provider on loopback: issues tokens to a program (client credentials) and to a person (password).
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';

const require = createRequire(`${process.env.YETT_NODE_MODULES}/`);
const { default: Provider, errors } = await import(require.resolve('oidc-provider'));

const port = Number(process.env.PORT);
const issuer = `http://127.0.0.1:${port}`;
let generation = 0;

function keys() {
  generation += 1;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return [{ ...rsa, use: 'sig', alg: 'RS256', kid: `rsa-${generation}` }, { ...ec, use: 'sig', alg: 'ES256', kid: `ec-${generation}` }];
}

function accountOf(_ctx, id) {
  return { accountId: id, claims: () => ({ sub: id, groups: ['support-agents'] }) };
}

function make() {
  const provider = new Provider(issuer, {
    jwks: { keys: keys() },
    cookies: { keys: ['test'] },
    clients: [{
      client_id: 'nightly', client_secret: 'nightly-secret', grant_types: ['client_credentials', 'password'],
      redirect_uris: [], response_types: [], id_token_signed_response_alg: 'ES256',
    }],
    scopes: ['db'],
    ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32), requireNonce: () => false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: 'db', audience: resource.replace('urn:', ''), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    findAccount: accountOf,
    claims: { openid: ['sub', 'groups'] },
    extraTokenClaims: (_ctx, token) => ({
      org: { department: 'support' },
      groups: token.kind === 'ClientCredentials' ? ['exporters'] : ['support-agents'],
    }),
  });
  provider.registerGrantType('password', async (ctx) => {
    const { client, params } = ctx.oidc;
    if (params.password !== 'open sesame') throw new errors.InvalidGrant('no');
    const account = accountOf(ctx, params.username);
    const token = new provider.AccessToken({ client, accountId: account.accountId, gty: 'password', grantId: 'g' });
    token.resourceServer = new provider.ResourceServer(params.resource, {
      scope: 'db', audience: params.resource.replace('urn:', ''), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
    });
    token.scope = 'db';
    ctx.oidc.entity('AccessToken', token);
    const id = new provider.IdToken(account.claims(), { ctx });
    id.scope = 'openid';
    id.set('nonce', 'n1');
    ctx.body = {
      access_token: await token.save(), token_type: 'Bearer', expires_in: 600, id_token: await id.issue({ use: 'idtoken' }),
    };
  }, ['username', 'password', 'resource'], []);
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider;
}

let callback = make().callback();
createServer((request, response) => {
  if (request.url === '/rotate') {
    callback = make().callback();
    response.end('rotated');
    return;
  }
  callback(request, response);
}).listen(port, '127.0.0.1', () => console.log('ready'));

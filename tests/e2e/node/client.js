// What Node.js programs do with PostgreSQL: prints one JSON object of results, the same by either route.
'use strict';
const { createRequire } = require('node:module');
const fs = require('node:fs');
const { pipeline } = require('node:stream/promises');
const { Readable, Writable } = require('node:stream');

const load = createRequire(process.env.YETT_NODE_MODULES + '/');
const { Client, Pool } = load('pg');
const QueryStream = load('pg-query-stream');
const copy = load('pg-copy-streams');

const ca = process.env.PGSSLROOTCERT;
const options = {
  host: process.env.PGHOST, port: Number(process.env.PGPORT), user: process.env.PGUSER,
  password: process.env.PGPASSWORD, database: process.env.PGDATABASE,
  ssl: ca ? { ca: fs.readFileSync(ca, 'utf8') } : false,
};

const steps = {
  async rows(client) {
    return (await client.query('SELECT id, name, born::text, marketing FROM customers ORDER BY id LIMIT 3')).rows;
  },
  async parameters(client) {
    const values = [42, 'Žluťoučký', null, ['a', null, 'b'], { a: 1 }];
    return (await client.query('SELECT $1::int a, $2::text b, $3::text c, $4::text[] d, $5::jsonb e', values)).rows[0];
  },
  async named(client) {
    const found = [];
    for (let id = 1; id <= 5; id++) {
      found.push((await client.query({ name: 'by-id', text: 'SELECT sku FROM products WHERE id = $1', values: [id] })).rows[0].sku);
    }
    return found;
  },
  async several(client) {
    return (await client.query('SELECT 1 AS a; SELECT 2 AS b')).map((result) => result.rows);
  },
  async queued(client) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => client.query('SELECT $1::int AS n', [n])));
    return answers.map((answer) => answer.rows[0].n);
  },
  async error(client) {
    try {
      await client.query('SELECT nowhere FROM customers');
    } catch (error) {
      return [error.code, error.position, (await client.query('SELECT 1 AS alive')).rows];
    }
    return 'no error';
  },
  async transaction(client) {
    await client.query('BEGIN');
    await client.query('CREATE TEMP TABLE t (a int)');
    await client.query('INSERT INTO t VALUES ($1)', [1]);
    await client.query('ROLLBACK');
    return (await client.query("SELECT to_regclass('pg_temp.t') AS gone")).rows;
  },
  async stream(client) {
    let total = 0;
    for await (const row of client.query(new QueryStream('SELECT n FROM generate_series(1, $1) n', [5000], { batchSize: 64 }))) {
      total += row.n;
    }
    return total;
  },
  async copy(client) {
    await client.query('CREATE TEMP TABLE c (a int, b text)');
    const lines = Array.from({ length: 3000 }, (_, n) => `${n}\trow ${n}\n`);
    await pipeline(Readable.from(lines), client.query(copy.from('COPY c FROM STDIN')));
    let bytes = 0;
    const count = new Writable({ write(chunk, _encoding, done) { bytes += chunk.length; done(); } });
    await pipeline(client.query(copy.to('COPY c TO STDOUT')), count);
    return [bytes, (await client.query('SELECT count(*)::int AS n FROM c')).rows];
  },
  async notified(client) {
    const heard = new Promise((resolve) => client.once('notification', (message) => resolve(message.payload)));
    await client.query('LISTEN node');
    await client.query("NOTIFY node, 'hello'");
    return heard;
  },
  async pool() {
    const pool = new Pool({ ...options, max: 4 });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query('SELECT $1::int AS n', [n])));
    await pool.end();
    return answers.map((answer) => answer.rows[0].n);
  },
};

async function main() {
  const client = new Client(options);
  await client.connect();
  const results = {};
  for (const [name, step] of Object.entries(steps)) results[name] = await step(client);
  await client.end();
  process.stdout.write(JSON.stringify(results, null, 1) + '\n');
}

main().catch((error) => { console.error(error); process.exitCode = 1; });

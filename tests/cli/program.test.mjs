// The native program, asked wrongly and given wrong files: each is a sentence, with exit code 2 where the words are wrong and 1 where
// a file is. A crash has neither.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../..');
const program = process.env.SHAPSLICE_PROGRAM ?? path.join(root, 'build/native/shapslice');
const network = path.join(root, 'tests/data/tiny-unet/fold0.onnx');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'shapslice-cli-'));
const phantom = path.join(scratch, 'case-1');
after(() => rmSync(scratch, { recursive: true }));

/** @param {string[]} words */
function run(...words) {
  const { status, signal, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', cwd: scratch });
  return { status, signal, stdout, stderr };
}

/** @param {string[]} words @param {number} status @param {RegExp} sentence */
function refused(words, status, sentence) {
  const answer = run(...words);
  assert.deepEqual([answer.signal, answer.status], [null, status], `${words.join(' ')}: ${answer.stderr}`);
  assert.match(answer.stderr, sentence);
  assert.doesNotMatch(answer.stderr, /terminate|what\(\)|std::/);
  assert.equal(answer.stdout, '');
}

/** @param {string} name @param {string | Buffer} content */
function file(name, content) {
  const to = path.join(scratch, name);
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, content);
  return to;
}

before(() => {
  assert.equal(run('phantom', '--seed', '3', '--shape', '48,56,44', '--out', phantom).status, 0);
});

test('right words do what they say', () => {
  const { status, stdout } = run(
    'prepare',
    '--spacing',
    '4',
    '--multiple',
    '8',
    '--least',
    '1,1,1',
    '--out',
    'prepared',
    phantom,
  );
  assert.deepEqual([status, stdout], [0, 'case-1\n']);
  assert.deepEqual(readdirSync(path.join(scratch, 'prepared')).sort(), [
    'case-1.input.npy',
    'case-1.prepared.json',
    'case-1.target.npy',
  ]);
  assert.equal(run('inspect', path.join(phantom, 'case-1-t1c.nii.gz')).status, 0);
  assert.equal(run('rewrite', network, 'rewritten.onnx').status, 0);
  assert.equal(
    run('phantom', '--shape', '8,8,8', '--visibility', 'ET=1,0,0,0', '--visibility', 'ED=0,0,1e0,.5').status,
    0,
  );
});

const usage = /\nusage: shapslice \w+ \S/;
for (const words of [
  [],
  ['nonsense'],
  ['--help'],
  ['prepare'],
  ['prepare', '--spacing'],
  ['prepare', '--spacing', 'two', 'case-1'],
  ['prepare', '--spacing', '', 'case-1'],
  ['prepare', '--spacing', '0', 'case-1'],
  ['prepare', '--spacing', '-2', 'case-1'],
  ['prepare', '--spacing', '2mm', 'case-1'],
  ['prepare', '--spacing', 'nan', 'case-1'],
  ['prepare', '--spacing', 'inf', 'case-1'],
  ['prepare', '--spacing', '1e999', 'case-1'],
  ['prepare', '--spacing', '2', '--spacing', '3', 'case-1'],
  ['prepare', '--multiple', '0', 'case-1'],
  ['prepare', '--multiple', '8.5', 'case-1'],
  ['prepare', '--multiple', '99999999999', 'case-1'],
  ['prepare', '--least', '1,1', 'case-1'],
  ['prepare', '--least', '1,1,1,1', 'case-1'],
  ['prepare', '--least', '1,,1', 'case-1'],
  ['prepare', '--least', '1,1,-1', 'case-1'],
  ['prepare', '--least', '30000,30000,30000', 'case-1'],
  ['prepare', '--colour', 'red', 'case-1'],
  ['score', '--case', 'case-1'],
  ['score', '--logits', 'x.npy'],
  ['score', '--case', 'case-1', '--logits', 'x.npy', 'more'],
  ['phantom', '--seed', 'one'],
  ['phantom', '--seed', '-1'],
  ['phantom', '--seed', '99999999999999999999999'],
  ['phantom', '--shape', '0,8,8'],
  ['phantom', '--shape', '8'],
  ['phantom', '--visibility', 'ET'],
  ['phantom', '--visibility', 'XX=1,0,0,0'],
  ['phantom', '--visibility', 'background=1,0,0,0'],
  ['phantom', '--visibility', 'ET=1,0,0'],
  ['phantom', '--visibility', 'ET=1,0,0,nan'],
  ['rewrite'],
  ['rewrite', network],
  ['rewrite', network, 'a.onnx', 'b.onnx'],
  ['activations', '--network', network, 'x.npy'],
  ['activations', '--shape', '8,8,8', 'x.npy'],
  ['activations', '--network', network, '--shape', '8,8', 'x.npy'],
  ['activations', '--network', network, '--shape', '8,8,8'],
  ['cohort'],
  ['cohort', '--held-out'],
  ['inspect'],
  ['inspect', 'a', 'b', 'c'],
])
  test(`wrong words: ${words.join(' ') || '(none)'}`, () => {
    refused(words, 2, words.length === 0 || /^(nonsense|--help)$/.test(words[0]) ? /usage: shapslice prepare/ : usage);
    assert.ok(!existsSync(path.join(scratch, 'case-1.input.npy')));
  });

test('files that are missing, folders in their place, and the other way round', () => {
  const t1c = path.join(phantom, 'case-1-t1c.nii.gz');
  refused(['prepare', 'nowhere'], 1, /^nowhere: /);
  refused(['prepare', t1c], 1, /case-1-t1c\.nii\.gz: /);
  refused(['prepare', '--out', t1c, phantom], 1, /case-1-t1c\.nii\.gz: the folder cannot be made\.$/m);
  refused(['prepare', '--out', path.join(t1c, 'in'), phantom], 1, /the folder cannot be made\.$/m);
  refused(['score', '--case', 'nowhere', '--logits', 'x.npy'], 1, /^nowhere: /);
  refused(['score', '--case', phantom, '--logits', 'nowhere.npy'], 1, /^nowhere\.npy: /);
  refused(['score', '--case', phantom, '--logits', phantom], 1, /this is not a \.npy file/);
  for (const missing of ['nowhere', scratch]) {
    refused(['inspect', missing], 1, /: (the file cannot be opened|this is a folder; expected a file)\.$/m);
    refused(['inspect', t1c, missing], 1, /: (the file cannot be opened|this is a folder; expected a file)\.$/m);
    refused(['rewrite', missing, 'out.onnx'], 1, /: (the file cannot be opened|this is a folder; expected a file)\.$/m);
    refused(['activations', '--network', missing, '--shape', '8,8,8', 'x.npy'], 1, /: (the file|this is a folder)/);
    refused(['cohort', '--held-out', missing], 1, /: (the file|this is a folder)/);
    refused(['cohort', '--held-out', file('held.json', '{}'), missing], 1, /: (the file|this is a folder)/);
  }
  refused(['activations', '--network', network, '--shape', '16,16,16', 'nowhere.npy'], 1, /^nowhere\.npy: /);
});

test('what cannot be written is said, and not taken for done', () => {
  const t1c = path.join(phantom, 'case-1-t1c.nii.gz');
  const written = /: the file cannot be written\.$/m;
  refused(['rewrite', network, path.join(scratch, 'no/such/folder.onnx')], 1, written);
  refused(['rewrite', network, '/dev/full'], 1, /^\/dev\/full: the file cannot be written\.$/m);
  refused(['inspect', t1c, '--raw', '/dev/full'], 1, written);
  refused(['inspect', path.join(phantom, 'case-1-seg.nii.gz'), '--labels-out', '/dev/full'], 1, written);
  refused(['phantom', '--shape', '8,8,8', '--out', scratch, '--name', 'no/such'], 1, written);
});

test('files that are not what they should be', () => {
  const t1c = path.join(phantom, 'case-1-t1c.nii.gz');
  for (const [name, content] of /** @type {[string, string | Buffer][]} */ ([
    ['empty', ''],
    ['text', 'not what you think\n'],
    ['zeros', Buffer.alloc(1000)],
    ['cut', readFileSync(t1c).subarray(0, 500)],
  ])) {
    const wrong = file(`wrong/${name}.nii.gz`, content);
    refused(['inspect', wrong], 1, new RegExp(`^${name}\\.nii\\.gz: .*\\.$`, 'm'));
    refused(['rewrite', wrong, 'out.onnx'], 1, new RegExp(`^${name}\\.nii\\.gz: .*\\.$`, 'm'));
    refused(['activations', '--network', network, '--shape', '16,16,16', wrong], 1, /this is not a \.npy file/);
    refused(['cohort', '--held-out', wrong], 1, /this is not JSON\.$/m);
  }
  const held = file('held.json', '{}');
  for (const json of ['1', 'null', '[]', '"a"', '{"a": 1}', '{"a": {"b": "c"}}', '{"a": {"b": -1.5}}', '[[[']) {
    const wrong = file('shape.json', json);
    const answer = run('cohort', '--held-out', wrong);
    assert.equal(answer.signal, null, json);
    assert.match(answer.stderr, /\.$/m, json);
    assert.equal(answer.status, 1, json);
    if (json !== '[]') refused(['cohort', '--held-out', held, wrong], 1, /^\S*shape\.json: /);
  }
  refused(['cohort', '--held-out', held, file('array.json', '[]')], 1, /array\.json: /);
});

test('a case without an expert segmentation is not taken for one without a tumour', () => {
  const bare = path.join(scratch, 'bare');
  mkdirSync(bare);
  for (const each of readdirSync(phantom).filter((name) => !name.includes('-seg')))
    writeFileSync(path.join(bare, each), readFileSync(path.join(phantom, each)));
  refused(
    ['prepare', '--spacing', '4', '--out', 'bare-prepared', bare],
    1,
    /bare: there is no expert segmentation; expected one, or --unlabelled for inputs alone\.$/m,
  );
  assert.deepEqual(readdirSync(path.join(scratch, 'bare-prepared')), []);
  assert.equal(run('prepare', '--spacing', '4', '--unlabelled', '--out', 'bare-prepared', bare).status, 0);
  assert.deepEqual(readdirSync(path.join(scratch, 'bare-prepared')).sort(), ['bare.input.npy', 'bare.prepared.json']);
});

test('two cases of one name do not overwrite each other, and a name is found behind a slash', () => {
  refused(
    ['prepare', '--out', 'twice', phantom, `${phantom}/`],
    1,
    /is of the same name; expected names that differ\.$/m,
  );
  const { status, stdout } = run('prepare', '--spacing', '4', '--out', 'slash', `${phantom}/`);
  assert.deepEqual([status, stdout], [0, 'case-1\n']);
});

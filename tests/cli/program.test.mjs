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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';

const root = path.resolve(import.meta.dirname, '../..');
const program = process.env.SHAPSLICE_PROGRAM ?? path.join(root, 'build/native/shapslice');
const network = path.join(root, 'tests/data/tiny-unet/fold0.onnx');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'shapslice-cli-'));
const phantom = path.join(scratch, 'case-1');
after(() => rmSync(scratch, { recursive: true }));

/** @param {string[]} words */
function run(...words) {
  return runAs({}, ...words);
}

/** @param {import('node:child_process').SpawnSyncOptions} who @param {string[]} words */
function runAs(who, ...words) {
  const how = { encoding: /** @type {const} */ ('utf8'), cwd: scratch, timeout: 60_000, ...who };
  const { status, signal, stdout, stderr } = spawnSync(program, words, /** @type {any} */ (how));
  return { status, signal, stdout: String(stdout), stderr: String(stderr) };
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

// Every option that is a number, and all that might be taken for one.
const numbers = {
  length: [
    '',
    ' ',
    '0',
    '-0',
    '-1',
    '1001',
    '1e999',
    '-1e999',
    '1e-999',
    'nan',
    '-nan',
    'inf',
    '-inf',
    'infinity',
    '0x2',
    '2 ',
    '1,5',
    '--',
  ],
  count: [
    '',
    ' ',
    '0',
    '-1',
    '+1',
    '1025',
    '1e1',
    '1.0',
    '2147483648',
    '4294967297',
    '18446744073709551617',
    'nan',
    'inf',
    '0x2',
    '1 ',
  ],
  seed: ['', '-1', '+1', '1.5', '1e3', '18446744073709551616', 'nan', 'inf', '0x1', ' 1'],
  extents: [
    '',
    ',',
    ',,',
    '1',
    '1,1',
    '1,1,1,',
    ',1,1,1',
    '1,1,0',
    '1,1,-1',
    '1,1,nan',
    '1,1,1.0',
    '32768,1,1',
    '32767,32767,32767',
    '1;1;1',
    '1, 1,1',
  ],
  settings: [
    '',
    '=',
    'ET',
    'ET=',
    'ET=1,1,1,1,',
    'ET=,,,',
    'ET=nan,1,1,1',
    'ET=inf,1,1,1',
    'ET=1e999,0,0,0',
    'et=1,1,1,1',
    'NCR+ED=1,1,1,1',
  ],
};
for (const [option, kind, ...rest] of /** @type {[string, keyof typeof numbers, ...string[]][]} */ ([
  ['--spacing', 'length', 'prepare', 'case-1'],
  ['--multiple', 'count', 'prepare', 'case-1'],
  ['--least', 'extents', 'prepare', 'case-1'],
  ['--spacing', 'length', 'score', '--case', 'case-1', '--logits', 'x.npy'],
  ['--multiple', 'count', 'score', '--case', 'case-1', '--logits', 'x.npy'],
  ['--least', 'extents', 'score', '--case', 'case-1', '--logits', 'x.npy'],
  ['--seed', 'seed', 'phantom'],
  ['--shape', 'extents', 'phantom'],
  ['--visibility', 'settings', 'phantom'],
  ['--shape', 'extents', 'activations', '--network', network, 'x.npy'],
]))
  test(`${rest[0]} ${option}: no number that is none`, () => {
    for (const value of numbers[kind])
      refused(
        [rest[0], option, value, ...rest.slice(1)],
        2,
        new RegExp(`^${rest[0]}: ${option} [^]*: expected [^]*usage: `),
      );
    // As the last word it has no value, and twice it is not taken.
    refused([...rest, option], 2, new RegExp(`^${rest[0]}: ${option} has no value\\.`));
    const good = { length: '4', count: '8', seed: '1', extents: '8,8,8', settings: 'ET=1,0,0,0' }[kind];
    const twice = [rest[0], option, good, option, good, ...rest.slice(1)];
    if (kind !== 'settings') refused(twice, 2, new RegExp(`^${rest[0]}: ${option} is given twice\\.`));
  });

test('every option of words, empty, without a value and twice', () => {
  for (const [option, ...rest] of [
    ['--out', 'prepare', 'case-1'],
    ['--case', 'prepare', 'case-1'],
    ['--labels', 'prepare', 'case-1'],
    ['--case', 'cases', 'case-1'],
    ['--case', 'score', '--logits', 'x.npy'],
    ['--logits', 'score', '--case', 'case-1'],
    ['--labels-out', 'score', '--case', 'case-1', '--logits', 'x.npy'],
    ['--name', 'phantom'],
    ['--out', 'phantom'],
    ['--raw', 'inspect', 'x.nii'],
    ['--labels-out', 'inspect', 'x.nii'],
    ['--network', 'activations', '--shape', '8,8,8', 'x.npy'],
    ['--held-out', 'cohort', 'x.json'],
  ]) {
    refused([rest[0], option, '', ...rest.slice(1)], 2, /: expected a word\.\nusage: /);
    refused([...rest, option], 2, / has no value\.\nusage: /);
    refused([rest[0], option, 'a', option, 'b', ...rest.slice(1)], 2, / is given twice\.\nusage: /);
  }
  refused(['prepare', '--unlabelled', '--unlabelled', 'case-1'], 2, /--unlabelled is given twice\./);
  refused(['prepare', '--labels', 'brats1999', '--spacing', '4', phantom], 1, /"brats1999" is not known\./);
});

test('names that are too long, lead in circles, or are no text', () => {
  const long = 'a'.repeat(5000);
  symlinkSync('circle', path.join(scratch, 'circle'));
  for (const name of [long, 'circle', path.join('circle', 'in')]) {
    for (const words of [
      ['inspect', name],
      ['rewrite', name, 'out.onnx'],
      ['rewrite', network, path.join(name, 'out.onnx')],
      ['prepare', name],
      ['prepare', '--out', name, phantom],
      ['cases', name],
      ['score', '--case', name, '--logits', 'x.npy'],
      ['score', '--case', phantom, '--logits', name],
      ['cohort', '--held-out', name, 'x.json'],
      ['phantom', '--shape', '8,8,8', '--out', name],
    ])
      refused(words, 1, /: [^]*\.$/m);
  }
  refused(['inspect', '/dev/zero'], 1, /^\/dev\/zero: this is a device; expected a file\.$/m);
  const odd = path.join(scratch, 'odd');
  mkdirSync(odd);
  for (const each of readdirSync(phantom)) writeFileSync(path.join(odd, each), readFileSync(path.join(phantom, each)));
  writeFileSync(Buffer.concat([Buffer.from(`${odd}/P\xe4tient-notes`, 'latin1'), Buffer.from('.txt')]), 'no image');
  symlinkSync('.', path.join(odd, 'again'));
  const { status, stdout } = run('cases', odd);
  assert.equal(status, 0);
  const [{ cases }] = JSON.parse(stdout);
  assert.deepEqual([cases.length, cases[0].refusal], [1, '']);
  assert.equal(run('prepare', '--spacing', '4', '--out', 'odd-prepared', odd).status, 0);
});

test('what may not be read is named', (t) => {
  const asRoot = process.getuid?.() === 0;
  const who = asRoot ? { uid: 65534, gid: 65534 } : {};
  chmodSync(scratch, 0o755);
  if (runAs(who, '--help').status !== 2) return t.skip('the program is not to be run by another user here');
  const shut = path.join(scratch, 'shut');
  mkdirSync(path.join(shut, 'within'), { recursive: true });
  for (const each of readdirSync(phantom)) writeFileSync(path.join(shut, each), readFileSync(path.join(phantom, each)));
  const out = mkdtempSync(path.join(os.tmpdir(), 'shapslice-cli-'));
  t.after(() => rmSync(out, { recursive: true }));
  chmodSync(out, 0o777);
  const words = ['prepare', '--spacing', '4', '--out', out, shut];
  const t2w = path.join(shut, 'case-1-t2w.nii.gz');
  chmodSync(path.join(shut, 'within'), 0);
  const passedBy = runAs(who, ...words);
  assert.deepEqual([passedBy.status, passedBy.stdout], [0, 'shut\n']);
  assert.match(passedBy.stderr, /shut\/within: the folder cannot be read\.$/m);
  chmodSync(t2w, 0);
  assert.match(runAs(who, ...words).stderr, /case-1-t2w\.nii\.gz: the file cannot be opened\.$/m);
  chmodSync(t2w, 0o644);
  chmodSync(shut, 0);
  const refusedWhole = runAs(who, ...words);
  assert.deepEqual([refusedWhole.status, refusedWhole.signal], [1, null]);
  assert.match(refusedWhole.stderr, /shut: the folder cannot be read\.$/m);
  chmodSync(shut, 0o755);
  for (const each of readdirSync(out)) rmSync(path.join(out, each));
  chmodSync(out, 0o555);
  assert.match(runAs(who, ...words).stderr, /: the file cannot be written\.$/m);
});

test('a coalition of the phantom', () => {
  const model = path.join(root, 'tests/data/tiny-unet');
  const asked = ['segment', '--model', model, '--out', 'labels.nii.gz'];
  assert.equal(run(...asked, '--coalition', 't1c+t2w', '--fold', '2', '--baseline', 'lesion', phantom).status, 0);
  assert.equal(run('inspect', 'labels.nii.gz').status, 0);
  refused([...asked, '--coalition', 't1c+t3', phantom], 1, /^--coalition t1c\+t3: expected all, none, or some of /);
  refused([...asked, '--baseline', 'black', phantom], 1, /^--baseline black: expected zero, mean, noise or lesion\.$/m);
  refused([...asked, '--fold', '3', phantom], 1, /^--fold 3: the model has 2 folds\.$/m);
  refused(['study', '--model', scratch, phantom], 1, /model\.json: the file cannot be opened\.$/m);
  const other = path.join(scratch, 'other-weights');
  mkdirSync(other);
  writeFileSync(path.join(other, 'model.json'), readFileSync(path.join(model, 'model.json')));
  for (const name of ['fold0.onnx', 'fold1.onnx'])
    writeFileSync(path.join(other, name), readFileSync(path.join(model, 'fold0.onnx')));
  refused(['segment', '--model', other, '--fold', '2', '--out', 'x.nii', phantom], 1, /^fold1\.onnx: /);
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

test('what no machine can hold is refused before it is made', () => {
  refused(['prepare', '--spacing', '1e-300', phantom], 1, /^case-1: at the model's spacing the brain has inf voxels/m);
  refused(
    ['prepare', '--multiple', '1024', phantom],
    1,
    /^case-1: padded as the model wants it the image has 1\.07e\+09 /m,
  );
  refused(['prepare', '--least', '600,600,600', phantom], 1, /^case-1: padded as the model wants it the image has /m);
});

test('a segmentation without any label is prepared, and said to be so', () => {
  const empty = path.join(scratch, 'empty');
  mkdirSync(empty);
  for (const each of readdirSync(phantom)) {
    const bytes = readFileSync(path.join(phantom, each));
    const nifti = each.includes('-seg') ? gunzipSync(bytes) : bytes;
    writeFileSync(path.join(empty, each), each.includes('-seg') ? gzipSync(nifti.fill(0, 352)) : bytes);
  }
  const { status, stderr } = run('prepare', '--spacing', '4', '--out', 'empty-prepared', empty);
  assert.equal(status, 0);
  assert.match(stderr, /^\S*empty: case-1-seg\.nii\.gz: it has no label at all; expected a tumour\./m);
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

const cases = path.resolve(root, '../shared/data/train');
const unread = existsSync(cases) ? false : 'the real cases are not on this machine';

test('no right name of a real case is doubted', { skip: unread }, () => {
  const folders = readdirSync(cases).map((name) => path.join(cases, name));
  const { status, stdout, stderr } = run('sequences', ...folders);
  assert.equal(status, 0, stderr);
  const seen = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(seen.length, folders.length);
  for (const { case: name, likeliest } of seen) assert.deepEqual([name, ...likeliest], [name, 0, 1, 2, 3]);
});

test('exchanged names of a real case are named, file by file', { skip: unread }, () => {
  const name = readdirSync(cases)[0];
  const folder = path.join(scratch, 'exchanged');
  mkdirSync(folder);
  const called = { t1c: 't2w', t1n: 't1n', t2f: 't1c', t2w: 't2f', seg: 'seg' };
  for (const [is, word] of Object.entries(called))
    symlinkSync(path.join(cases, name, `${name}-${is}.nii.gz`), path.join(folder, `P-${word}.nii.gz`));
  const out = path.join(scratch, 'exchanged-out');
  const { status, stderr } = run('prepare', '--spacing', '4', '--labels', 'brats2023', '--out', out, folder);
  assert.equal(status, 0, stderr);
  const { notes } = JSON.parse(readFileSync(path.join(out, 'exchanged.prepared.json'), 'utf8'));
  const looks = notes.filter((/** @type {string} */ note) => note.includes('looks like')).sort();
  assert.deepEqual(
    looks.map((/** @type {string} */ note) => note.split('.')[0] + note.slice(note.indexOf(':'), note.indexOf(';'))),
    [
      'P-t1c: it looks like T2-FLAIR, not like T1c',
      'P-t2f: it looks like T2w, not like T2-FLAIR',
      'P-t2w: it looks like T1c, not like T2w',
    ],
  );
});

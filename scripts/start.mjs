// npm start: installs what is missing, builds, serves the page and prints its address.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const built = spawnSync(path.join(root, 'scripts/build.sh'), { stdio: 'inherit', cwd: root });
if (built.status !== 0) process.exit(built.status ?? 1);
const served = spawnSync(process.execPath, [path.join(root, 'scripts/serve.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: root,
});
process.exit(served.status ?? 0);

import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireServer, type Machine, type Maker, type ServerKind, thisMachine } from './acquire.ts';
import { findOnPath, isExecutable, runCommand } from './command.ts';
import { downloadServer } from './download.ts';
import type { Progress } from './progress.ts';

const VERSION = '1.38.0';
const MAIN_CLASS = 'io.temporal.testserver.TestServer';
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Path of something that starts Temporal's time-skipping test server when run as `<path> <port>`. */
export async function ensureTestServer(
  progress: Progress,
  machine: Machine = thisMachine(),
): Promise<string> {
  return await acquireServer(TEST_SERVER, progress, machine);
}

const download: Maker = {
  name: 'download from temporal.download',
  title: 'Downloading the Temporal test server (once)',
  async make(into, machine) {
    await downloadServer({ artifact: 'temporal-test-server', version: `v${VERSION}`, into, ...machine });
  },
};

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>trainyard</groupId><artifactId>test-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

/** `exec`, because the SDK stops the server by killing the process that it started; the options make a JVM start fast. */
const launcher = `#!/bin/sh
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m \\
  -cp "\${0%/*}/lib/*" ${MAIN_CLASS} "$@"
`;

const maven: Maker = {
  name: 'Maven',
  title: 'Getting the Temporal test server with Maven (once, about 30 seconds)',
  async make(into, machine, detail) {
    if (machine.platform === 'win32') throw new Error('its launch script needs a POSIX shell');
    const mvn = await findOnPath('mvn', machine.env, machine.platform);
    if (mvn === undefined) throw new Error('no mvn on PATH');
    const javaHome = machine.env['JAVA_HOME'];
    const java = javaHome
      ? join(javaHome, 'bin', 'java')
      : await findOnPath('java', machine.env, machine.platform);
    if (java === undefined || !(await isExecutable(java)))
      throw new Error('no java on PATH (or in JAVA_HOME)');
    const lib = join(into, 'lib');
    const project = join(into, 'pom.xml');
    await mkdir(lib);
    await writeFile(project, pom);
    const args = [
      '-B',
      '-ntp',
      '-f',
      project,
      COPY_DEPENDENCIES,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${lib}`,
    ];
    const { exitCode, tail } = await runCommand(mvn, args, {
      cwd: into,
      env: machine.env,
      onLine: (line) => detail(line.replace(/^\[INFO\]\s*/, '')),
      signal: machine.signal,
    });
    if (exitCode !== 0) {
      const errors = tail.filter((line) => line.startsWith('[ERROR]'));
      throw new Error(`mvn failed: ${(errors.length > 0 ? errors : tail).slice(0, 2).join(' | ')}`);
    }
    await rm(project);
    if (!(await readdir(lib)).some((name) => name.endsWith('.jar'))) throw new Error('mvn copied no jars');
    const script = join(into, TEST_SERVER.command);
    await writeFile(script, launcher);
    await chmod(script, 0o755);
  },
};

const TEST_SERVER: ServerKind = {
  title: 'Temporal test server',
  variable: 'TRAINYARD_TEST_SERVER',
  command: 'temporal-test-server',
  directory: `temporal-test-server-${VERSION}`,
  makers: [download, maven],
  remedy:
    'Install Java 8 or later and Maven (Debian: apt-get install default-jre-headless maven) and run this again, or name ' +
    'the executable of a temporal-test-server 1.38.0 or later in TRAINYARD_TEST_SERVER.',
  async check(path, machine) {
    if (!(await isExecutable(path))) return 'there is no executable file';
    try {
      // More than two arguments make it print its usage and end (sdk-java TestServer.java).
      const { tail } = await runCommand(path, ['0', '-', '-'], {
        env: machine.env,
        timeout: 20_000,
        signal: machine.signal,
      });
      if (tail.some((line) => line.includes('--enable-time-skipping'))) return undefined;
      return `it is not the Temporal test server (it prints ${JSON.stringify(tail.join(' ').slice(0, 160))})`;
    } catch (error) {
      return `it cannot be run (${error instanceof Error ? error.message : String(error)})`;
    }
  },
};

// Sums vectors over the instances of a job by TCP: every instance sends its vector to the first one, which adds them up
// and sends the sum back. Vectors are Float32Arrays, of the same length on all instances in the same round.
import { on, once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, instances } from './contract.mjs';

const PORT = 7777;
const PATIENCE_MS = 60_000;

/** Resolves when all instances are connected. */
export async function joinCluster() {
  const { hosts, current } = instances();
  const [leader] = hosts;
  if (hosts.length === 1) return { isLeader: true, sum: async (vector) => vector, leave() {} };
  return current === leader ? lead(addressOf(leader), hosts.length - 1) : follow(addressOf(leader));
}

async function lead(address, followers) {
  const server = createServer().listen(PORT, address);
  const peers = [];
  for await (const [socket] of on(server, 'connection', { signal: AbortSignal.timeout(PATIENCE_MS) })) {
    peers.push(channelOver(socket));
    if (peers.length === followers) break;
  }
  server.close();
  return {
    isLeader: true,
    async sum(vector) {
      const total = Float32Array.from(vector);
      for (const part of await Promise.all(peers.map((peer) => peer.receive(vector.length)))) {
        for (let i = 0; i < total.length; i += 1) total[i] += part[i];
      }
      for (const peer of peers) peer.send(total);
      return total;
    },
    leave: () => peers.forEach((peer) => peer.end()),
  };
}

async function follow(address) {
  const peer = channelOver(await dial(address, Date.now() + PATIENCE_MS));
  return {
    isLeader: false,
    async sum(vector) {
      peer.send(vector);
      return peer.receive(vector.length);
    },
    leave: () => peer.end(),
  };
}

/** Instances do not start at the same moment, so the first one may not listen yet. */
async function dial(address, until) {
  const socket = connect(PORT, address);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    if (Date.now() > until)
      throw new Error(`cannot reach ${address}:${PORT}: ${error.message}`, { cause: error });
    await sleep(200);
    return dial(address, until);
  }
}

/** Whole vectors over a stream of bytes. */
function channelOver(socket) {
  socket.setNoDelay(true);
  const incoming = socket[Symbol.asyncIterator]();
  let buffered = Buffer.alloc(0);
  return {
    send: (vector) => socket.write(Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
    async receive(length) {
      const bytes = length * Float32Array.BYTES_PER_ELEMENT;
      const chunks = [buffered];
      let have = buffered.length;
      while (have < bytes) {
        const { value, done } = await incoming.next();
        if (done) throw new Error('the other instance has left');
        chunks.push(value);
        have += value.length;
      }
      const all = Buffer.concat(chunks);
      buffered = all.subarray(bytes);
      return new Float32Array(Uint8Array.from(all.subarray(0, bytes)).buffer);
    },
    end: () => socket.end(),
  };
}

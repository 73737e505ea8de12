import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const RETRY_MS = 100;

/**
 * Runs `work` while this process alone holds the lock file, and waits for its turn as long as it takes. The file holds
 * the owner's process id; the lock of a process that was killed is taken over.
 */
export async function locked(path, work) {
  const mine = `${path}.${process.pid}`;
  for (let told = false; !take(path, mine); ) {
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (!isAlive(owner)) {
      takeAway(path, mine, owner);
      continue;
    }
    if (!told)
      console.error(`Waiting for process ${owner}, which is installing or building here (${path}) ...`);
    told = true;
    await wait(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** A link appears at once and with its content, so that nobody ever reads a lock without an owner. */
function take(path, mine) {
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine);
  }
}

/** Only one process can rename a given file; whoever got the lock of somebody quicker gives it back. */
function takeAway(path, mine, deadOwner) {
  try {
    renameSync(path, mine);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (ownerOf(mine) !== deadOwner) linkSync(mine, path);
  rmSync(mine);
}

function ownerOf(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

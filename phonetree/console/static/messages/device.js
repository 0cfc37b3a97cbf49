// Keys that stay on a device that somebody calls their own, one for each account: each wrapped, see crypto.js. A browser
// writes even a key that no script can read to its disk as it is.
// Where the browser keeps nothing, as some private windows do, nothing is kept, and that is no fault.
const DATABASE = "messages";
const KEYS = "keys";

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const within = async (mode, work) => {
  const opening = indexedDB.open(DATABASE, 2);
  opening.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion) {
      opening.result.deleteObjectStore(KEYS); // those of version 1 were not wrapped
    }
    opening.result.createObjectStore(KEYS, { keyPath: "account" });
  };
  const database = await settled(opening);
  try {
    const transaction = database.transaction(KEYS, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [found] = await Promise.all([settled(work(transaction.objectStore(KEYS))), done]);
    return found;
  } finally {
    database.close();
  }
};

// Whether it is kept.
export const put = async (wrapped) => {
  try {
    await within("readwrite", (keys) => keys.put(wrapped));
    return true;
  } catch {
    return false;
  }
};

// What is kept of the key of an account, or null.
export const get = async (account) => {
  try {
    return await within("readonly", (keys) => keys.get(account)) ?? null;
  } catch {
    return null;
  }
};

// Whether nothing of it is left here.
export const remove = async (account) => {
  try {
    await within("readwrite", (keys) => keys.delete(account));
    return true;
  } catch {
    return typeof indexedDB === "undefined";
  }
};

// Why something is refused: a code for scripts, and a sentence for people that says what to do.

const SENTENCES = {
  "passphrase": "Wrong passphrase, or the key file is damaged. Type it again: each key file has its own passphrase.",
  "passphrase-short": "A passphrase of fewer than 12 characters can be guessed. Use several words.",
  "passphrases-differ": "The two passphrases differ. Type them again.",
  "another-file": "That is another key's file. Choose the one that you saved just now.",
  "key-file": "This is not a private key file. Choose the one whose name ends in .key.json.",
  "file-moved": "The file cannot be read any more: it was moved, changed or taken out. Choose it again.",
  "wrong-key": "This message was sealed for other keys. If nothing is said against your key under \"Your key\", somebody "
    + "whose key opens the message can seal it for yours, under Keys.",
  "key-changed": "One of the keys to be given access is not the key that it says it is. Nobody got access by it. Tell "
    + "whoever runs the server.",
  "damaged": "What arrived is not the message that the database describes. Load the page again. If that does not help, "
    + "\"A message does not open\" in the documents says what to do.",
  "swapped": "This message was changed or swapped in the database. Do not rely on it, the time shown included, and do "
    + "not delete it. \"A message does not open\" in the documents says what to do.",
  "newer": "This message was sealed by a newer version than this page's. Load the page again. If that does not help, tell "
    + "whoever runs the server.",
  "gone": "This message was deleted meanwhile. Load the page again.",
  "signed-out": "You were signed out meanwhile, or may not hear messages any longer. Sign in again.",
  "out-of-date": "This page is out of date: you signed in again since it was loaded, or a key was withdrawn. Load this "
    + "page again.",
  "network": "The console does not answer, or the network is away. Try again in a moment.",
  "no-crypto": "The browser cannot decrypt on this page, because it was not loaded over https. Open it at its https "
    + "address.",
  "locked": "Your key is locked. Choose the key file and type its passphrase.",
  "memory": "This device has too little memory for this message. Close other pages, or open it on another device.",
  "older": "This page is older than the console. Load it again.",
  "failed": "Something went wrong on this page. Load it again.",
};

export class Refused extends Error {
  constructor(code) {
    super(SENTENCES[code]);
    this.name = "Refused";
    this.code = code;
  }
}

/** The structures and registers of the devices, in the order of the reference page. */
import {
  DUMMY_BD,
  DUMMY_PAGE,
  type Layout,
  MAILBOX,
  QM,
  QM_ENTRIES,
  QM_WORDS,
  type Register,
  RSA_SQE,
  RSA_WORDS,
  RX_DESC,
  TX_DESC,
  ZIP_SQE,
  ZIP_WORDS,
} from "../../engine/index.ts";
import { bytesOf, wordOf } from "../../text/index.ts";

export interface Shape {
  readonly name: string;
  /** What it is, in words. */
  readonly about: string;
  readonly text: string;
  readonly source: string;
}

const memory = (name: string, about: string, layout: Layout): Shape => ({
  name,
  about: `${about} ${layout.size} bytes.`,
  text: bytesOf(layout),
  source: layout.source,
});

const word = (name: string, about: string, register: Register): Shape => ({
  name,
  about: `${about} ${register.width} bits at ${register.within ?? "its structure"}, offset 0x${register.offset.toString(16)}.`,
  text: wordOf(register),
  source: register.source,
});

export interface Chapter {
  readonly title: string;
  readonly id: string;
  readonly shapes: readonly Shape[];
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: "The queue manager's registers",
    id: "registers",
    shapes: [
      word(
        "Doorbell, first silicon",
        "A store tells the chip how far a ring is filled.",
        QM.DOORBELL_V1,
      ),
      word(
        "Doorbell, second silicon",
        "The same, with a smaller field for the queue.",
        QM.DOORBELL_V2,
      ),
      memory("Mailbox", "The kernel hands contexts to the chip here.", MAILBOX),
      word(
        "Mailbox, first word",
        "What the mailbox is to do, and whether it is busy.",
        QM.MAILBOX_W0,
      ),
    ],
  },
  {
    title: "Rings and their contexts",
    id: "rings",
    shapes: [
      memory("Completion (CQE)", "An entry of the completion queue.", QM_ENTRIES.CQE),
      word(
        "Completion, last word",
        "The phase bit tells a new entry from an old one.",
        QM_WORDS.CQE_W7,
      ),
      memory("Event (EQE)", "Says which completion queue has moved.", QM_ENTRIES.EQE),
      word("Event, its word", "The same idea of a phase.", QM_WORDS.EQE_DW0),
      memory("Abnormal event (AEQE)", "Says that a queue is in trouble.", QM_ENTRIES.AEQE),
      word("Abnormal event, its word", "The type says which trouble.", QM_WORDS.AEQE_DW0),
      memory(
        "Submission context (SQC)",
        "Tells the chip where a ring of requests lies.",
        QM_ENTRIES.SQC,
      ),
      word("SQC, dw3", "The size of an entry, as a power of two.", QM_WORDS.ENTRY_SIZE_DW3),
      word("SQC, w13", "Kind and order of the requests.", QM_WORDS.SQC_W13),
      memory(
        "Completion context (CQC)",
        "Tells the chip where a ring of completions lies.",
        QM_ENTRIES.CQC,
      ),
      word("CQC, dw6", "The phase that the chip writes next.", QM_WORDS.CQC_DW6),
      memory(
        "Event context (EQC)",
        "Tells the chip where the ring of events lies.",
        QM_ENTRIES.EQC,
      ),
      word("EQC, dw6", "Its depth and phase.", QM_WORDS.EQC_DW6),
    ],
  },
  {
    title: "A request to the ZIP engine",
    id: "zip",
    shapes: [
      memory("Request (SQE)", "What the program stores into the ring.", ZIP_SQE),
      word("Request, dw3", "The engine writes the status here.", ZIP_WORDS.ZIP_DW3),
      word("Request, dw7", "Flags for streams.", ZIP_WORDS.ZIP_DW7),
      word("Request, dw9", "The form of the data.", ZIP_WORDS.ZIP_DW9),
    ],
  },
  {
    title: "A request to the RSA engine",
    id: "rsa",
    shapes: [
      memory("Request (SQE)", "What the program stores into the ring.", RSA_SQE),
      word("Request, dw0", "The engine writes back how it went.", RSA_WORDS.RSA_DW0),
      word("Request, dw1", "How long the numbers are.", RSA_WORDS.RSA_DW1),
    ],
  },
  {
    title: "A network card",
    id: "nic",
    shapes: [
      memory("Receive descriptor", "Where a packet may be put; then, that it is there.", RX_DESC),
      memory("Send descriptor", "Which packet is to leave; then, that it has left.", TX_DESC),
    ],
  },
  {
    title: "The dummy device",
    id: "dummy",
    shapes: [
      memory("Page", "The one page that a queue shares with its program.", DUMMY_PAGE),
      memory("Descriptor", "A slot of its ring.", DUMMY_BD),
    ],
  },
];

import type { Failure } from "~/utils/failure";

export interface Upload {
  filename: string;
  size: number;
  /** 0 to 1 */
  progress: number;
  state: "waiting" | "sending" | "done" | "failed";
  problem: string;
}

/** Sends one file as it is. XHR, because `fetch` does not tell how much was sent. */
function put(address: string, file: File, onProgress: (part: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / Math.max(1, event.total));
    request.onload = () => {
      if (request.status < 300) return resolve();
      const failure: Failure = {
        type: "INTERNAL",
        message: request.statusText,
        ...request.response,
        status: request.status,
      };
      reject(createError({ message: failure.message, data: failure }));
    };
    request.onerror = () =>
      reject(createError({ message: "Offline", data: { status: 0, type: "OFFLINE", message: "Offline" } }));
    request.send(file);
  });
}

/** Uploads files one after the other, so that a slow line finishes something. */
export function useUploads(item: () => string, onDone: () => void) {
  const uploads = ref<Upload[]>([]);
  const { $t } = useNuxtApp();
  let queue = Promise.resolve();

  async function send(file: File, upload: Upload): Promise<void> {
    upload.state = "sending";
    try {
      const address = `/api/items/${item()}/files/${encodeURIComponent(upload.filename)}`;
      await put(address, file, (part) => {
        upload.progress = part;
      });
      upload.state = "done";
      uploads.value = uploads.value.filter((other) => other !== upload);
      onDone();
    } catch (error) {
      upload.state = "failed";
      upload.problem = failureWords(error, $t);
    }
  }

  function add(files: Iterable<File>): void {
    for (const file of files) {
      const upload: Upload = reactive({
        filename: acceptedFilename(file.name),
        size: file.size,
        progress: 0,
        state: "waiting",
        problem: "",
      });
      uploads.value.push(upload);
      queue = queue.then(() => send(file, upload));
    }
  }
  return { uploads, add };
}

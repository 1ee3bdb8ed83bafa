import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accepts, type Program, startProgram } from './programs.ts'

export interface NginxOptions {
  /** An empty folder for its files, which the caller removes. */
  readonly folder: string
  /** Inside `http`: servers and upstreams. */
  readonly http: string
  readonly workers: number
  /** Port or unix socket that it opens. */
  readonly address: number | string
  readonly core?: number
}

/** Starts an nginx without logs, with kept-alive connections, as its manual advises for speed. */
export async function startNginx(options: NginxOptions): Promise<Program> {
  await mkdir(options.folder, { recursive: true })
  const path = join(options.folder, 'nginx.conf')
  // workers of a master that runs as root would lose it, and with it our sockets
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  await writeFile(
    path,
    `${user}
daemon off;
worker_processes ${options.workers};
pid ${options.folder}/pid;
error_log ${options.folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path ${options.folder}/bodies;
  proxy_temp_path ${options.folder}/proxied;
  fastcgi_temp_path ${options.folder}/fastcgi;
  uwsgi_temp_path ${options.folder}/uwsgi;
  scgi_temp_path ${options.folder}/scgi;
${options.http}
}
`,
  )
  const core = options.core === undefined ? {} : { core: options.core }
  return startProgram(['nginx', '-p', options.folder, '-c', path], {
    ...core,
    isReady: () => accepts(options.address),
  })
}

import {
  innerCommand,
  KERNEL_SETTINGS,
  networkPrefix,
  ROOT_CAPABILITIES,
  type SandboxPlan,
  SHARED_MEMORY,
} from './plan.ts'

/** The arguments that make bubblewrap carry out `plan`, running what stands on standard input. */
export function bwrapCommand(plan: SandboxPlan, options: { isRoot: boolean }): string[] {
  const prefix = networkPrefix(plan.network, options)
  const args = [
    ...prefix,
    'bwrap',
    '--die-with-parent',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
  ]
  args.push('--hostname', plan.hostname)
  if (plan.network === 'own') args.push('--unshare-net')
  args.push('--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc')
  for (const path of KERNEL_SETTINGS) args.push('--ro-bind-try', path, path)
  for (const ground of plan.grounds) {
    if (ground.kind === 'directory') args.push('--bind', ground.source, ground.target)
    else args.push('--size', String(ground.sizeBytes), '--tmpfs', ground.target)
    // The sticky, open mode that programs expect of a directory for everyone.
    if (ground.target === SHARED_MEMORY) args.push('--chmod', '1777', SHARED_MEMORY)
  }
  for (const bind of plan.binds) {
    args.push(bind.writable ? '--bind' : '--ro-bind', bind.source, bind.target)
  }
  // Without root bubblewrap drops everything; as root it would keep everything.
  if (options.isRoot) {
    args.push('--cap-drop', 'ALL')
    for (const capability of ROOT_CAPABILITIES) {
      args.push('--cap-add', `CAP_${capability.toUpperCase()}`)
    }
  }
  return [...args, '--chdir', '/', '--', ...innerCommand(plan.limits)]
}

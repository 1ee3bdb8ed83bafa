/**
 * The gateway: the role that owns the port. It answers InvokeEndpoint by itself from routes in memory,
 * hands everything else to control over a unix socket, stands for AWS's host names as an HTTPS proxy, and
 * goes on serving while control or Postgres are away.
 */
export {
  type Gateway,
  type GatewayOptions,
  type GatewayStatistics,
  startGateway,
} from './gateway.ts'
export {
  type CertificateAuthorityFiles,
  ensureCertificateAuthority,
} from './tls/certificate-authority.ts'

/**
 * S3: buckets, objects and multipart uploads, in the operations of Amazon S3 that its documented clients use.
 * Metadata is rows, bytes are `platform/objects`. Objects are strongly consistent: what a write has
 * answered, every later read sees.
 *
 * Not here: versions, access control lists and policies, replication, lifecycle, keys of the caller's own
 * (SSE-C). The front refuses their operations; their parameters are refused where they would not be honoured.
 */
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from './bucket.operations.ts'
import { completeMultipartUpload } from './complete-upload.operations.ts'
import { copyObject } from './copy-object.operations.ts'
import { uploadPartCopy } from './copy-part.operations.ts'
import { deleteObject, deleteObjects } from './delete-object.operations.ts'
import { getObjectAttributes } from './object-attributes.operations.ts'
import { listObjects, listObjectsV2, listObjectVersions } from './object-listing.operations.ts'
import {
  deleteObjectTagging,
  getObjectTagging,
  putObjectTagging,
} from './object-tags.operations.ts'
import { putObject } from './put-object.operations.ts'
import { getObject, headObject } from './read-object.operations.ts'
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './upload.operations.ts'
import { listMultipartUploads, listParts } from './upload-listing.operations.ts'

export {
  type ObjectToStore,
  type OpenedObject,
  openObject,
  storeObject,
} from './internal-access.ts'
export { anyObjectUnder, objectExists } from './object-presence.ts'
export { reconcileObjects } from './reconcile-objects.ts'

/** The operations of S3 by name. */
export const objectOperations = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  DeleteObjectTagging: deleteObjectTagging,
  GetBucketLocation: getBucketLocation,
  GetObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectTagging: getObjectTagging,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  ListParts: listParts,
  PutObject: putObject,
  PutObjectTagging: putObjectTagging,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
} satisfies HandlersOf<typeof import('@aws-sdk/client-s3'), RequestScope>

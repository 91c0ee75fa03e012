/**
 * Kafka's record batch (magic 2): the unit of append, checksum, compression, replication and fetch.
 *
 * <p>Everything here is plain bytes and values: no files, no network, no threads of its own. The native compression
 * libraries are optional; a codec whose library is missing answers with {@link
 * io.cordwood.batch.CompressionUnavailableException}.
 */
@NullMarked
package io.cordwood.batch;

import org.jspecify.annotations.NullMarked;

/** The record batch: codec, validation, compression and the partitioner's hash. */
@NullMarked
package io.cordwood.batch;

import org.jspecify.annotations.NullMarked;

/** The deterministic core of the cluster's metadata. */
@NullMarked
package io.cordwood.metadata;

import org.jspecify.annotations.NullMarked;

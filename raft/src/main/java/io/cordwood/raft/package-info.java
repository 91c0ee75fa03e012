/** The adapters to Ratis; no other package imports it. */
@NullMarked
package io.cordwood.raft;

import org.jspecify.annotations.NullMarked;

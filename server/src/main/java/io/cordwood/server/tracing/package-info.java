/** Traces of single batches, from their publisher to their readers: off unless somebody asks for them. */
@NullMarked
package io.cordwood.server.tracing;

import org.jspecify.annotations.NullMarked;

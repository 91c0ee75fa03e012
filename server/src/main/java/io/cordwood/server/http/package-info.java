/**
 * The HTTP port: health, metrics, every unary call as JSON, and live tails. It translates and decides
 * nothing.
 */
@NullMarked
package io.cordwood.server.http;

import org.jspecify.annotations.NullMarked;

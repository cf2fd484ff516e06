// Dear ImGui's renderer saves and restores GL's state around each frame by glGetIntegerv. In a browser each such
// question waits for the graphics process: measured, 30 ms a frame on software GL, against 1 ms for everything else.
// This program is alone in its context and sets what it needs itself, so the renderer is answered from here (see
// cmake/third_party.cmake).
#include <GLES3/gl3.h>

extern "C" void shapslice_gl_get_integer(GLenum what, GLint* answer) {
    switch (what) {
        case GL_VIEWPORT:
        case GL_SCISSOR_BOX:
            for (int n = 0; n < 4; ++n) answer[n] = 0;
            return;
        case GL_ACTIVE_TEXTURE:
            *answer = GL_TEXTURE0;
            return;
        case GL_BLEND_EQUATION_RGB:
        case GL_BLEND_EQUATION_ALPHA:
            *answer = GL_FUNC_ADD;
            return;
        case GL_BLEND_SRC_RGB:
        case GL_BLEND_SRC_ALPHA:
            *answer = GL_ONE;
            return;
        case GL_BLEND_DST_RGB:
        case GL_BLEND_DST_ALPHA:
        case GL_TEXTURE_BINDING_2D:
        case GL_VERTEX_ARRAY_BINDING:
        case GL_ARRAY_BUFFER_BINDING:
        case GL_SAMPLER_BINDING:
        case GL_CURRENT_PROGRAM:
            *answer = 0;
            return;
        default:
            glGetIntegerv(what, answer);  // once, at the start
    }
}
